/** What the page and the database worker say to each other. Types only: each side brings its own code. */
import type { Row, SqlValue } from '@octavo/crsqlite/database.ts';
import type { Sink } from '@octavo/rpc/serve.ts';
import type { ImportedBook } from '@octavo/shop/import/recognise.ts';
import type { Notice, SyncState } from '@octavo/sync/state.ts';

export interface OpenRequest {
  /** A file name as in the address of a shop, such as `shop.sqlite3`. */
  database: string;
  /** The sync server's WebSocket URL. */
  server: string;
  token: string | undefined;
  syncOn: boolean;
  online: boolean;
  visible: boolean;
  /** SQLite, compiled. */
  wasm: WebAssembly.Module;
}

/** What is told about a database to the person who has to find out what is wrong. */
export interface DatabaseFacts {
  database: string;
  siteId: string;
  lineage: string | undefined;
  epochs: { id: string; firstVersion: string }[];
  dbVersion: number;
  schemaName: string;
  schemaVersion: number;
  sqliteVersion: string;
  opening: string;
}

export interface DatabaseMethods {
  /** Opens the database and begins to sync. Once per worker. */
  open(request: OpenRequest): Promise<void>;
  /** Runs one of the shop's commands. */
  command(name: string, input: unknown): unknown;
  /** Runs one of the shop's queries once. */
  query(name: string, args: unknown): unknown;
  /** Runs a statement that only reads. */
  select(sql: string, params: readonly SqlValue[]): Row[];
  /** Runs statements that write, as one transaction: one with parameters, or any number without. */
  execute(sql: string, params: readonly SqlValue[]): void;
  facts(): DatabaseFacts;
  /** The whole database as one file. */
  exportFile(): Promise<Blob>;
  setSync(on: boolean): void;
  retrySync(): void;
  pageChanged(change: { online?: boolean; visible?: boolean }): void;
  /** Serves `ImportMethods` on a port, so that an import does not pass through the page. */
  acceptImport(port: MessagePort): void;
}

export interface DatabaseSubscriptions {
  /** The result of one of the shop's queries, now and after every change of it. */
  live(sink: Sink<unknown>, name: string, args: unknown): () => void;
}

export interface DatabaseEvents {
  sync: SyncState;
  /** SQLite's instance is gone; the file is sound and has to be opened by a new worker. */
  lost: { message: string };
  /** Something to tell the person once. */
  notice: Notice;
  /** This copy of the file has become a replica of its own and has to be opened by a new worker: nobody's concern. */
  retired: undefined;
  /** When a step of opening was done, in milliseconds since the Unix epoch. */
  step: { name: string; at: number };
}

/** What the import worker asks of the database worker. */
export interface ImportMethods {
  save(books: ImportedBook[]): { added: number; updated: number; unchanged: number };
}
