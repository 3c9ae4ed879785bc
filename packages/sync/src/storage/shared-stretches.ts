import type { Database } from '@octavo/crsqlite/database.ts';
import type { Change, Transaction } from '@octavo/protocol/change.ts';
import { type DbVersion, sameId, type SiteId } from '@octavo/protocol/identity.ts';
import { type ChangeRow, SELECT_CHANGES } from './change-rows.ts';
import type { ClockTables } from './clock-tables.ts';
import { type LogStretch, StretchBuilder, type StretchLimits, weightOf } from './log-stretch.ts';
import { LogPages, type Page } from './log-pages.ts';
import type { VersionRange } from './merge.ts';
import type { ReturnedVersions } from './returned-versions.ts';

/** A page that has so many cells is not continued: it is what a commit that overwrites one of them makes unusable. */
const PAGE_CELLS = 250;
/** A version with more is read by each client alone, in parts. */
const PAGE_CELLS_AT_MOST = 1_500;
const PAGE_BYTES_AT_MOST = 1024 * 1024;

/**
 * What lies between two versions of the log is the same for every client that lacks it, except for what it wrote itself. So that
 * five hundred who listen to one writer cost one reading, and five hundred who come back after an hour not many more, the log is
 * read in pages, of which the last used are kept.
 *
 * A commit moves the head, and takes the cells that it overwrites out of the versions where they were. Nothing is ever added to
 * an older version: as long as the number of cells there stays the same, they are the same.
 */
export class SharedStretches {
  readonly #database: Database;
  readonly #clockTables: ClockTables;
  readonly #returned: ReturnedVersions;
  readonly #pages = new LogPages();
  #head: DbVersion | undefined;
  /** What each client gets although it wrote it, under that head. */
  #returnedVersions: readonly VersionRange[] = [];

  constructor(database: Database, clockTables: ClockTables, returned: ReturnedVersions) {
    this.#database = database;
    this.#clockTables = clockTables;
    this.#returned = returned;
  }

  /**
   * What a client of the whole schema lacks above a version, in whole transactions and within the limits. Undefined where it has
   * to be read for this client alone, because a transaction is too large.
   */
  forClient(
    siteId: SiteId,
    after: DbVersion,
    head: DbVersion,
    limits: StretchLimits,
  ): LogStretch | undefined {
    this.#follow(head);
    const transactions: Transaction[] = [];
    const cutAt = (version: DbVersion): LogStretch | undefined =>
      version === after ? undefined : { transactions, position: { version, inside: undefined } };
    let [version, changes, bytes] = [after, 0, 0];
    while (version < head) {
      const page = this.#pageAfter(version, head);
      if (page === undefined) break;
      for (const transaction of page.transactions) {
        if (transaction.version <= version) continue;
        const concerning = this.#concerning(siteId, transaction);
        if (concerning.changes.length === 0) continue;
        changes += concerning.changes.length;
        bytes += concerning.changes.reduce((sum, change) => sum + weightOf(change), 0);
        if (changes > limits.changes || bytes > limits.bytes) return cutAt(transaction.version - 1n);
        transactions.push(concerning);
      }
      version = page.through;
    }
    return cutAt(version);
  }

  #follow(head: DbVersion): void {
    if (head === this.#head) return;
    this.#head = head;
    this.#returnedVersions = this.#returned.ranges();
  }

  /**
   * Without a client's own changes, except those that somebody else returned, and the cells that a resurrected row has set back
   * to column version 0 [V-4].
   */
  #concerning(siteId: SiteId, transaction: Transaction): Transaction {
    const { version, changes } = transaction;
    const concerns = ({ columnVersion, siteId: author }: Change) =>
      columnVersion === 0n || !sameId(author, siteId);
    if (changes.every(concerns)) return transaction;
    if (this.#returnedVersions.some(({ first, last }) => first <= version && version <= last))
      return transaction;
    return { version, changes: changes.filter(concerns) };
  }

  /** The page with the version that follows one; undefined where there can be none. */
  #pageAfter(version: DbVersion, head: DbVersion): Page | undefined {
    const known = this.#pages.find(version);
    if (known !== undefined && this.#isUnchanged(known, head)) return known;
    const previous = this.#pages.endingAt(version);
    const continued =
      previous !== undefined && previous.cells < PAGE_CELLS && this.#isUnchanged(previous, head)
        ? previous
        : undefined;
    const news = this.#read(version, this.#pages.nextAbove(version) ?? head, head);
    if (news === undefined) return undefined;
    if (
      continued === undefined ||
      continued.cells + news.cells > PAGE_CELLS_AT_MOST ||
      continued.bytes + news.bytes > PAGE_BYTES_AT_MOST
    ) {
      this.#pages.add(news);
      return news;
    }
    this.#pages.remove(continued);
    const page: Page = {
      ...{ after: continued.after, through: news.through, sameUnder: head },
      transactions: [...continued.transactions, ...news.transactions],
      cells: continued.cells + news.cells,
      bytes: continued.bytes + news.bytes,
    };
    this.#pages.add(page);
    return page;
  }

  /** Whether a page is still what the log holds; it is forgotten where it is not. */
  #isUnchanged(page: Page, head: DbVersion): boolean {
    if (page.sameUnder === head) return true;
    if (this.#count(page.after, page.through) === page.cells) {
      page.sameUnder = head;
      return true;
    }
    this.#pages.remove(page);
    return false;
  }

  /** As many whole versions as a page may hold; undefined where the first one is too large. */
  #read(after: DbVersion, ceiling: DbVersion, head: DbVersion): Page | undefined {
    const end = this.#clockTables.nextStretch(after, ceiling, () => 'TRUE', PAGE_CELLS) ?? ceiling;
    const fits = (through: DbVersion) => through > after && this.#count(after, through) <= PAGE_CELLS_AT_MOST;
    // The stretch ends with the version that fills it, which may be large.
    const through = [end, end - 1n].find(fits);
    if (through === undefined) return undefined;
    const stretch = new StretchBuilder({ changes: PAGE_CELLS_AT_MOST, bytes: PAGE_BYTES_AT_MOST });
    const statement = this.#database
      .prepare(`${SELECT_CHANGES} WHERE db_version > ? AND db_version <= ? ORDER BY db_version, seq`)
      .exact<ChangeRow>();
    let whole = true;
    for (const row of statement.iterate(after, through)) {
      whole = stretch.add(row);
      if (!whole) break;
    }
    if (whole) stretch.through(through);
    const { transactions, position } = stretch.cut();
    if (position.version <= after) return undefined;
    return {
      ...{ after, through: position.version, sameUnder: head, bytes: stretch.bytes },
      transactions: transactions.filter(({ version }) => version <= position.version),
      cells: this.#count(after, position.version),
    };
  }

  /** Cells between two versions; more than a page may hold is not counted to its end. */
  #count(after: DbVersion, through: DbVersion): number {
    return this.#clockTables.count(after, () => `db_version <= ${through}`, PAGE_CELLS_AT_MOST + 1);
  }
}
