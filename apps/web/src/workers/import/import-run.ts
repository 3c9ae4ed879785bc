import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { Mapping } from '@octavo/shop/import/columns.ts';
import { refuseBySize } from '@octavo/shop/import/file-kind.ts';
import type { ImportedBook, Recognised, RefusedRow } from '@octavo/shop/import/recognise.ts';
import { refusedToCsv } from '@octavo/shop/import/refused-to-csv.ts';
import type { StockList, StockListOptions } from '@octavo/shop/import/stock-list.ts';
import { openStockList } from '@octavo/shop/import/stock-list.ts';
import type { ImportCounts } from '#lib/database/contract.ts';
import type { ListFacts, Progress, Summary } from '#lib/import/contract.ts';

/** Where the books go. */
export interface ImportTarget {
  saveImported(books: ImportedBook[]): Promise<ImportCounts>;
}

/** One stock list: opened, looked at, imported slice by slice. */
export class ImportRun {
  readonly #onProgress: (progress: Progress) => void;
  #list: StockList | undefined;
  #refused: RefusedRow[] = [];
  #cancel = new AbortController();

  constructor(onProgress: (progress: Progress) => void) {
    this.#onProgress = onProgress;
  }

  /** Throws ImportError. */
  async open(file: File, options: StockListOptions): Promise<ListFacts> {
    // Before anything is read: a file of gigabytes must not fill the memory.
    refuseBySize(file.size);
    const list = openStockList(new Uint8Array(await file.arrayBuffer()), options);
    this.#list = list;
    this.#refused = [];
    const { bytes, encoding, delimiter, header, mapping } = list;
    return { name: file.name, bytes, encoding, delimiter, header, mapping };
  }

  preview(mapping: Mapping): Recognised[] {
    return this.#opened().preview(mapping);
  }

  /** Saves every book of the list. Throws ImportError `no-isbn-column`, and what saving throws. */
  async run(mapping: Mapping, database: ImportTarget): Promise<Summary> {
    const list = this.#opened();
    const begun = performance.now();
    const progress: Progress = {
      bytes: list.bytes,
      bytesRead: 0,
      added: 0,
      updated: 0,
      unchanged: 0,
      refused: 0,
    };
    this.#refused = [];
    this.#cancel = new AbortController();
    const { signal } = this.#cancel;
    for (const { books, refused, bytesRead } of list.read(mapping)) {
      this.#refused.push(...refused);
      if (books.length > 0) {
        const saved = await database.saveImported(books.map(({ book }) => book));
        progress.added += saved.added;
        progress.updated += saved.updated;
        progress.unchanged += saved.unchanged;
      }
      progress.bytesRead = bytesRead;
      progress.refused = this.#refused.length;
      this.#onProgress({ ...progress });
      if (signal.aborted) break;
    }
    return { ...progress, cancelled: signal.aborted, milliseconds: performance.now() - begun };
  }

  cancel(): void {
    this.#cancel.abort();
  }

  refused(offset: number, limit: number): RefusedRow[] {
    return this.#refused.slice(offset, offset + limit);
  }

  refusedFile(): Blob {
    const { header, delimiter } = this.#opened();
    return new Blob([refusedToCsv(this.#refused, header, delimiter)], { type: 'text/csv;charset=utf-8' });
  }

  #opened(): StockList {
    if (this.#list !== undefined) return this.#list;
    throw new RemoteError({ code: 'not-open', message: 'No file has been opened.', details: undefined });
  }
}
