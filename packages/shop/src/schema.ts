import type { Database } from '@octavo/crsqlite/database.ts';
import { migrateTo } from './migrations.ts';
import { firstRooms } from './migrations/001-first-rooms.ts';
import { orders } from './migrations/002-orders.ts';
import { createSearchIndex } from './search/index-tables.ts';

/** A schema as a value: what the engine and tests need to open a database of it. */
export interface Schema<Name extends string = string> {
  /** Replicas of different names never exchange anything. */
  readonly name: Name;
  /** Grows by one with each migration; the file's own is `PRAGMA user_version`. */
  readonly version: number;
  /**
   * Brings a file to this version; run by every replica at each open. Does nothing on a file that is there already.
   * Calls `stepped` at the end of each migration, in its transaction, with the version reached. Throws ShopError `schema-too-new` on a file that is ahead.
   */
  migrate(db: Database, stepped?: (version: number) => void): void;
}

const migrations = [firstRooms, orders];

export const schema: Schema<'octavo-shop'> = {
  name: 'octavo-shop',
  version: migrations.length,
  migrate,
};

/** Brings a shop's file to the current version and makes its local search index if it has none. */
export function migrate(db: Database, stepped?: (version: number) => void): void {
  migrateTo(db, migrations, stepped);
  createSearchIndex(db);
}
