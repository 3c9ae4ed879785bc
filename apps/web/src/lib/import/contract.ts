/** What the page and the import worker say to each other. */
import type { Mapping } from '@octavo/shop/import/columns.ts';
import type { Encoding } from '@octavo/shop/import/encoding.ts';
import type { Recognised, RefusedRow } from '@octavo/shop/import/recognise.ts';
import type { StockListOptions } from '@octavo/shop/import/stock-list.ts';

export interface ListFacts {
  name: string;
  bytes: number;
  encoding: Encoding;
  delimiter: string;
  header: readonly string[];
  mapping: Mapping;
}

export interface Progress {
  bytes: number;
  bytesRead: number;
  added: number;
  updated: number;
  unchanged: number;
  refused: number;
}

export interface Summary extends Progress {
  cancelled: boolean;
  milliseconds: number;
}

export interface ImportWorkerMethods {
  /** Reads a file. Rejects with the code and message of an ImportError. */
  open(file: File, options: StockListOptions): Promise<ListFacts>;
  /** The first rows as they would be imported with this mapping. */
  preview(mapping: Mapping): Recognised[];
  /** Imports the list into the database of a scope, whichever tab has it open. Emits `progress` on the way. */
  run(mapping: Mapping, scope: string): Promise<Summary>;
  /** Ends a run after the slice at hand; what is saved stays saved. */
  cancel(): void;
  refused(offset: number, limit: number): RefusedRow[];
  refusedFile(): Blob;
}

export interface ImportWorkerEvents {
  progress: Progress;
}
