import type { Database } from '@octavo/crsqlite/database.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import { type DbVersion, sameId, type SiteId } from '@octavo/protocol/identity.ts';
import { type ChangeRow, SELECT_CHANGES } from './change-rows.ts';
import type { ClockTables } from './clock-tables.ts';
import { type LogStretch, StretchBuilder, type StretchLimits, weightOf } from './log-stretch.ts';
import { LogPages, type Page } from './log-pages.ts';
import type { ReturnedVersions } from './returned-versions.ts';

/** A page that has so many cells is not continued: it is what a commit that overwrites one of them makes unusable. */
const PAGE_CELLS = 250;
/** A page with more, because one version has, is read by each client alone, in parts. */
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
  #shareable = false;

  constructor(database: Database, clockTables: ClockTables, returned: ReturnedVersions) {
    this.#database = database;
    this.#clockTables = clockTables;
    this.#returned = returned;
  }

  /**
   * What a client of the whole schema lacks above a version, in whole transactions and within the limits. Undefined where it has
   * to be read for this client alone: a transaction is too large, or some of what the client wrote itself may concern it.
   */
  forClient(
    siteId: SiteId,
    after: DbVersion,
    head: DbVersion,
    limits: StretchLimits,
  ): LogStretch | undefined {
    if (!this.#isShareable(head)) return undefined;
    const transactions: Transaction[] = [];
    const cutAt = (version: DbVersion): LogStretch | undefined =>
      version === after ? undefined : { transactions, position: { version, inside: undefined } };
    let [version, changes, bytes] = [after, 0, 0];
    while (version < head) {
      const page = this.#pageAfter(version, head);
      if (page === undefined) break;
      for (const transaction of page.transactions) {
        if (transaction.version <= version) continue;
        const concerning = notWrittenBy(siteId, transaction);
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

  #isShareable(head: DbVersion): boolean {
    if (head !== this.#head) {
      this.#head = head;
      this.#shareable = !this.#returned.any();
    }
    return this.#shareable;
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
    if (continued === undefined || continued.cells + news.cells > PAGE_CELLS_AT_MOST) {
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

  #read(after: DbVersion, ceiling: DbVersion, head: DbVersion): Page | undefined {
    const through = this.#clockTables.nextStretch(after, ceiling, () => 'TRUE', PAGE_CELLS) ?? ceiling;
    const cells = this.#count(after, through);
    if (cells > PAGE_CELLS_AT_MOST) return undefined;
    const stretch = new StretchBuilder({ changes: PAGE_CELLS_AT_MOST, bytes: PAGE_BYTES_AT_MOST });
    const statement = this.#database
      .prepare(`${SELECT_CHANGES} WHERE db_version > ? AND db_version <= ? ORDER BY db_version, seq`)
      .exact<ChangeRow>();
    for (const row of statement.iterate(after, through)) if (!stretch.add(row)) return undefined;
    stretch.through(through);
    const { transactions } = stretch.cut();
    return { after, through, sameUnder: head, transactions, cells, bytes: stretch.bytes };
  }

  /** Cells between two versions; more than a page may hold is not counted to its end. */
  #count(after: DbVersion, through: DbVersion): number {
    return this.#clockTables.count(after, () => `db_version <= ${through}`, PAGE_CELLS_AT_MOST + 1);
  }
}

/** Without a client's own changes, except the cells that a resurrected row has set back to column version 0 [V-4]. */
function notWrittenBy(siteId: SiteId, transaction: Transaction): Transaction {
  const concerns = ({ columnVersion, siteId: author }: Transaction['changes'][number]) =>
    columnVersion === 0n || !sameId(author, siteId);
  if (transaction.changes.every(concerns)) return transaction;
  return { ...transaction, changes: transaction.changes.filter(concerns) };
}
