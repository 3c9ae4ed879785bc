import type { Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';

/** Together with what their objects cost, about 10 MB. */
const CELLS_KEPT = 20_000;
const BYTES_KEPT = 4 * 1024 * 1024;
const PAGES_KEPT = 200;

/** All of the log above one version up to another. */
export interface Page {
  after: DbVersion;
  through: DbVersion;
  /** The newest head under which the log was seen to hold just this. */
  sameUnder: DbVersion;
  transactions: readonly Transaction[];
  /** How many cells there are. */
  cells: number;
  /** As the limits of a batch count them. */
  bytes: number;
}

/** Pages of one log that do not overlap, as many as may be kept: the last used ones. */
export class LogPages {
  /** Those used last come last. */
  readonly #pages = new Set<Page>();
  #cells = 0;
  #bytes = 0;

  /** The page with the version that follows one. */
  find(after: DbVersion): Page | undefined {
    for (const page of this.#pages) {
      if (page.after > after || page.through <= after) continue;
      this.#pages.delete(page);
      this.#pages.add(page);
      return page;
    }
    return undefined;
  }

  endingAt(version: DbVersion): Page | undefined {
    for (const page of this.#pages) if (page.through === version) return page;
    return undefined;
  }

  /** Where the first page above a version begins. */
  nextAbove(version: DbVersion): DbVersion | undefined {
    let next: DbVersion | undefined;
    for (const { after } of this.#pages)
      if (after > version && (next === undefined || after < next)) next = after;
    return next;
  }

  add(page: Page): void {
    this.#pages.add(page);
    this.#cells += page.cells;
    this.#bytes += page.bytes;
    for (const oldest of this.#pages) {
      if (oldest === page || !this.#isTooMuch()) break;
      this.remove(oldest);
    }
  }

  remove(page: Page): void {
    if (!this.#pages.delete(page)) return;
    this.#cells -= page.cells;
    this.#bytes -= page.bytes;
  }

  #isTooMuch(): boolean {
    return this.#cells > CELLS_KEPT || this.#bytes > BYTES_KEPT || this.#pages.size > PAGES_KEPT;
  }
}
