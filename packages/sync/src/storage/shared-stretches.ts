import type { Database } from '@octavo/crsqlite/database.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import { type DbVersion, sameId, type SiteId } from '@octavo/protocol/identity.ts';
import { type ChangeRow, SELECT_CHANGES } from './change-rows.ts';
import type { ClockTables } from './clock-tables.ts';
import { StretchBuilder, type StretchLimits } from './log-stretch.ts';
import type { ReturnedVersions } from './returned-versions.ts';

/** What is larger is read for each peer by itself: there are few who are that far behind, and it would be much to keep. */
const CHANGES_AT_MOST = 256;
/** Peers that are level stand at one of few versions. */
const STARTS_AT_MOST = 16;

interface Kept {
  limits: StretchLimits;
  /** Undefined where it is too much. */
  transactions: Transaction[] | undefined;
}

/**
 * What lies between a version of the log and its head is the same for every client that stands there, except for what it
 * wrote itself. So that five hundred who listen to one writer cost one reading, it is read once and kept until the head moves:
 * whatever changes the log moves it.
 */
export class SharedStretches {
  readonly #database: Database;
  readonly #clockTables: ClockTables;
  readonly #returned: ReturnedVersions;
  readonly #kept = new Map<DbVersion, Kept>();
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
      this.#kept.clear();
      this.#head = head;
      this.#shareable = !this.#returned.any();
    }
    if (!this.#shareable) return undefined;
    let kept = this.#kept.get(after);
    if (kept?.limits !== limits) {
      if (this.#kept.size >= STARTS_AT_MOST) return undefined;
      kept = { limits, transactions: this.#read(after, head, limits) };
      this.#kept.set(after, kept);
    }
    return kept.transactions === undefined ? undefined : notWrittenBy(siteId, kept.transactions);
  }

  #read(after: DbVersion, head: DbVersion, limits: StretchLimits): Transaction[] | undefined {
    const changes = Math.min(CHANGES_AT_MOST, limits.changes);
    const end = this.#clockTables.nextStretch(after, head, () => 'TRUE', changes);
    if (end === undefined) return [];
    if (end !== head) return undefined;
    const stretch = new StretchBuilder({ ...limits, changes });
    const statement = this.#database
      .prepare(`${SELECT_CHANGES} WHERE db_version > ? AND db_version <= ? ORDER BY db_version, seq`)
      .exact<ChangeRow>();
    for (const row of statement.iterate(after, head)) if (!stretch.add(row)) return undefined;
    stretch.through(head);
    return stretch.cut().transactions;
  }
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
