const KEPT = 200;

/** Something that this page has noticed. */
export interface PageEntry {
  /** Wall clock, ms. */
  at: number;
  what: 'stage' | 'waiting' | 'sync' | 'lost' | 'lead' | 'trouble';
  detail: string;
}

/** What a page remembers of its own way to the database, for when there is no worker left to ask. Bounded. */
export class Timeline {
  #entries: PageEntry[] = [];

  get entries(): readonly PageEntry[] {
    return this.#entries;
  }

  /** What is as it was is no news. */
  note(what: PageEntry['what'], detail: string): void {
    if (this.#entries.findLast((entry) => entry.what === what)?.detail === detail) return;
    this.#entries = [...this.#entries, { at: Date.now(), what, detail }].slice(-KEPT);
  }
}
