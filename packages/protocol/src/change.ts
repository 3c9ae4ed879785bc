import type { DbVersion, SiteId } from './identity.ts';
import type { CellValue } from './value.ts';

/** The column of a change that says whether its row exists, not what a cell holds. */
export const ROW_SENTINEL = '-1';

/** One cell as cr-sqlite's `crsql_changes` gives it, with names instead of positions. */
export interface Change {
  table: string;
  /** The primary key, packed by cr-sqlite. */
  key: Uint8Array;
  /** A column's name, or {@link ROW_SENTINEL}. */
  column: string;
  value: CellValue;
  /** How often this cell was edited; the higher one wins, ties by value. 0 in a cell that a resurrection has zeroed. */
  columnVersion: bigint;
  /** Who wrote it. */
  siteId: SiteId;
  /** Odd while the row lives, even when it is deleted. */
  causalLength: bigint;
  /** Its place within the transaction. */
  sequence: number;
}

/** What one transaction of the sender wrote and still owns. */
export interface Transaction {
  /** The version in the *sender's* log. Never stored by the receiver, which writes under its own next version. */
  version: DbVersion;
  changes: Change[];
}
