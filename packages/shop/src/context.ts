import type { Database } from '@octavo/crsqlite/database.ts';
import { v7 } from 'uuid';

/** What a command works with. Time and ids are injected: a command reads no clock and draws no random number. */
export interface ShopContext {
  readonly db: Database;
  /**
   * A random id made when the database was opened. Quantities are kept per opening and summed, so a row is only ever
   * written by the opening it names; a copied or restored file never goes on counting in its twin's rows.
   */
  readonly opening: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A new identifier, unique everywhere and ordered by time (UUIDv7). */
  readonly newId: () => string;
}

/**
 * The context of a database that was just opened, with the given clock (milliseconds since 1970) and random ids. Call
 * it once per opening.
 */
export function createShopContext(db: Database, now: () => number): ShopContext {
  return { db, opening: v7(), now, newId: () => v7() };
}
