import type { Database } from '@octavo/crsqlite/database.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import { type DbVersion, sameId, type SiteId } from '@octavo/protocol/identity.ts';
import { type ChangeRow, SELECT_CHANGES } from './change-rows.ts';
import type { ClockTables } from './clock-tables.ts';
import { StretchBuilder, type StretchLimits } from './log-stretch.ts';
import type { ReturnedVersions } from './returned-versions.ts';

/** Whoever is further behind is read for alone. */
const CHANGES_AT_MOST = 1_000;

/** The end of the log, from above `base` up to `head`. */
interface Tail {
  limits: StretchLimits;
  base: DbVersion;
  head: DbVersion;
  transactions: Transaction[];
  /** How many cells there are, in the log itself. */
  cells: number;
  /** As the limits count them. */
  bytes: number;
}

/**
 * What lies between a version of the log and its head is the same for every client that stands there, except for what it
 * wrote itself. So that five hundred who listen to one writer cost one reading, the end of the log is read once and kept.
 *
 * A commit moves the head, and takes the cells that it overwrites out of the versions where they were. Nothing is ever added to
 * an older version: as long as the number of cells there stays the same, they are the same.
 */
export class SharedStretches {
  readonly #database: Database;
  readonly #clockTables: ClockTables;
  readonly #returned: ReturnedVersions;
  #tail: Tail | undefined;
  #head: DbVersion | undefined;
  #shareable = false;

  constructor(database: Database, clockTables: ClockTables, returned: ReturnedVersions) {
    this.#database = database;
    this.#clockTables = clockTables;
    this.#returned = returned;
  }

  /**
   * All that a client of the whole schema lacks above a version, up to the head. Undefined where it has to be read for this
   * client alone: it is much, or some of what the client wrote itself may concern it.
   */
  forClient(
    siteId: SiteId,
    after: DbVersion,
    head: DbVersion,
    limits: StretchLimits,
  ): Transaction[] | undefined {
    if (head !== this.#head) {
      this.#head = head;
      this.#shareable = !this.#returned.any();
      this.#tail = this.#tail && this.#continued(this.#tail, head);
    }
    if (!this.#shareable) return undefined;
    if (this.#tail === undefined || this.#tail.limits !== limits || after < this.#tail.base)
      this.#tail = this.#read(after, head, limits) ?? this.#tail;
    const tail = this.#tail;
    if (tail === undefined || tail.limits !== limits || after < tail.base) return undefined;
    return notWrittenBy(
      siteId,
      tail.transactions.filter(({ version }) => version > after),
    );
  }

  /** The same up to a later head; undefined where some of it is no longer there, or it has become too much. */
  #continued(tail: Tail, head: DbVersion): Tail | undefined {
    if (this.#count(tail.base, tail.head) !== tail.cells) return undefined;
    const news = this.#read(tail.head, head, tail.limits);
    if (news === undefined) return undefined;
    const cells = tail.cells + news.cells;
    const bytes = tail.bytes + news.bytes;
    if (cells > mostOf(tail.limits) || bytes >= tail.limits.bytes) return news;
    return { ...tail, head, transactions: [...tail.transactions, ...news.transactions], cells, bytes };
  }

  #read(after: DbVersion, head: DbVersion, limits: StretchLimits): Tail | undefined {
    const cells = this.#count(after, head);
    if (cells > mostOf(limits)) return undefined;
    const tail = { limits, base: after, head, cells };
    if (cells === 0) return { ...tail, transactions: [], bytes: 0 };
    const stretch = new StretchBuilder(limits);
    const statement = this.#database
      .prepare(`${SELECT_CHANGES} WHERE db_version > ? AND db_version <= ? ORDER BY db_version, seq`)
      .exact<ChangeRow>();
    for (const row of statement.iterate(after, head)) if (!stretch.add(row)) return undefined;
    stretch.through(head);
    return { ...tail, transactions: stretch.cut().transactions, bytes: stretch.bytes };
  }

  /** Cells between two versions; more than may be kept is not counted to its end. */
  #count(after: DbVersion, through: DbVersion): number {
    return this.#clockTables.count(after, () => `db_version <= ${through}`, CHANGES_AT_MOST + 1);
  }
}

function mostOf({ changes }: StretchLimits): number {
  return Math.min(CHANGES_AT_MOST, changes - 1);
}

/** Without a client's own changes, except the cells that a resurrected row has set back to column version 0 [V-4]. */
function notWrittenBy(siteId: SiteId, transactions: Transaction[]): Transaction[] {
  const concerns = ({ columnVersion, siteId: author }: Transaction['changes'][number]) =>
    columnVersion === 0n || !sameId(author, siteId);
  if (transactions.every(({ changes }) => changes.every(concerns))) return transactions;
  return transactions
    .map((transaction) => ({ ...transaction, changes: transaction.changes.filter(concerns) }))
    .filter(({ changes }) => changes.length > 0);
}
