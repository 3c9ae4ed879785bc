/** What pages, the database worker and the import worker say to each other. Types only: each side brings its own code. */
import type { CloseReason } from '@octavo/protocol/close-codes.ts';
import type { Row, SqlValue } from '@octavo/crsqlite/database.ts';
import type { ErrorMessage } from '@octavo/rpc/remote-error.ts';
import type { Sink } from '@octavo/rpc/serve.ts';
import type { ImportedBook } from '@octavo/shop/import/recognise.ts';
import type { DoctorMethods } from '../doctor/contract.ts';
import type { RecoveryMethods, RecoveryState } from '../recovery/contract.ts';
import type { Notice, SyncState } from '@octavo/sync/state.ts';
import type { Settings } from '../settings/settings.ts';
import type { Keeping, MemoryFiles } from '../storage/keeping.ts';
import type { Difference } from '@octavo/sync/recovery/differences.ts';
import type { Decided, Decision, Undecided } from '../decisions/contract.ts';

/** What a page gives its own worker, which then waits for its turn to open the database. */
export interface StartRequest {
  /** Tells this worker from all others. */
  worker: string;
  /** A file name as in the address of a shop, such as `shop.sqlite3`. */
  database: string;
  /** Of the lobby and the locks. */
  scope: string;
  keeping: Keeping;
  /** In memory: what the worker before this one has left. */
  files: MemoryFiles;
  /** Those of the page, for a window that may not store any. */
  settings: Settings;
  /** A database that cannot be opened is put aside, and a new one made. */
  setAside: boolean;
  /** The WebSocket URL of the sync server where the settings name none. */
  server: string;
  visible: boolean;
  /** SQLite, compiled. */
  wasm: WebAssembly.Module;
  /** Serves this page what guests get on their channels. */
  port: MessagePort;
}

/** What only its own page may ask of a database worker. */
export interface WorkerMethods {
  /**
   * Begins to wait for the turn. Resolves when the worker can be watched by its life lock; `opened` or `failed` tell
   * how it went on.
   */
  start(request: StartRequest): Promise<void>;
  pageChanged(change: PageChange): void;
  /** Finishes what it is at, closes the database and ends. */
  giveUp(): void;
}

export interface PageChange {
  online?: boolean;
  visible?: boolean;
}

export interface WorkerEvents {
  /** The turn has come: the database is being opened. */
  turn: undefined;
  /** Somebody else still holds the file, without the lock; it is tried again until he does not. */
  blocked: undefined;
  /**
   * The database is open and served; `created` when there was none on this device before, `setAside` when there was one
   * that could not be opened.
   */
  opened: { created: boolean; setAside: boolean };
  /** The database cannot be opened. */
  failed: ErrorMessage;
  /** SQLite's instance is gone; the file is sound and has to be opened by a new worker. */
  lost: { message: string; files: MemoryFiles | undefined };
  /** This copy of the file has become a replica of its own and has to be opened by a new worker: nobody's concern. */
  retired: { files: MemoryFiles | undefined };
  /** When a step of opening was done, in milliseconds since the Unix epoch. */
  step: { name: string; at: number };
}

/** What is told about a database to the person who has to find out what is wrong. */
export interface DatabaseFacts {
  database: string;
  siteId: string;
  lineage: string | undefined;
  epochs: { id: string; firstVersion: string }[];
  dbVersion: number;
  /** A server that holds this device's log up to here has all that was written on it. */
  writtenThrough: number;
  schemaName: string;
  schemaVersion: number;
  sqliteVersion: string;
  opening: string;
}

/** How a connection ended: a reason of the protocol, or `lost` when the transport only says that it is over. */
export interface ConnectionEnd {
  by: 'device' | 'server';
  reason: CloseReason | 'lost';
  /** What the other end said about it; often nothing. */
  words: string;
}

/** One attempt to connect and what came of it. Times are of the wall clock, in milliseconds. */
export interface ConnectionRecord {
  connection: number;
  begunAt: number;
  openedAt?: number;
  endedAt?: number;
  /** Bytes. */
  received: number;
  sent: number;
  /** Whether both sides were proven to hold everything at least once. */
  proven: boolean;
  end?: ConnectionEnd;
}

/** How far the server's copy in the cloud goes. */
export interface CloudDetails {
  /** Up to this version of the server's log everything is in it… */
  through: number;
  /** …and up to this version of this device's. */
  confirmed: number;
  /** Whether that is everything that was written here. */
  complete: boolean;
}

/** The facts behind the light. Versions are of this device's log, unless it says otherwise. */
export interface SyncDetails {
  /** When the newest proof dates from, ms; undefined while there was none since the database was opened. */
  lastProof: number | undefined;
  /** The last version written here. */
  head: number;
  /** Up to where the server has this device's log on its disk. */
  acknowledged: number;
  /** The server's head, as far as it concerns this device, as it last said; undefined while it has said nothing. */
  serverHead: number | undefined;
  /** Up to where the server's log is applied here. */
  received: number;
  /** How far the copy in the cloud goes; undefined while the server has said nothing of one. */
  cloud: CloudDetails | undefined;
  pendingByTable: { table: string; records: number }[];
  /** Newest first. */
  connections: readonly ConnectionRecord[];
}

/**
 * Goes with everything that writes. Whoever gets no answer asks again with the same ticket, maybe another worker: what
 * was done under it is answered and not done twice.
 */
export interface WriteTicket {
  id: string;
  /** Wall clock, ms. Whoever asked has given up by then, and is right that it was not done: it is not begun any more. */
  expiresAt: number;
}

/** What the leader's worker does for every tab. */
export interface DatabaseMethods extends RecoveryMethods, DoctorMethods {
  /** A sign of life. */
  alive(): void;
  /** Runs one of the shop's commands. */
  command(ticket: WriteTicket, name: string, input: unknown): unknown;
  /** Runs one of the shop's queries once. */
  query(name: string, args: unknown): unknown;
  /** Runs a statement that only reads. */
  select(sql: string, params: readonly SqlValue[]): Row[];
  /** Runs statements that write, as one transaction: one with parameters, or any number without. */
  execute(ticket: WriteTicket, sql: string, params: readonly SqlValue[]): void;
  /** Saves a slice of an import. */
  saveImported(ticket: WriteTicket, books: ImportedBook[]): ImportCounts;
  /** Does what was decided about edits that lost, or changes that were put aside. */
  decide(ticket: WriteTicket, decision: Decision): Decided;
  /** Edits records as they are in a kept database, or were before that: all of them or none. */
  bringBack(ticket: WriteTicket, differences: readonly Difference[]): void;
  facts(): DatabaseFacts;
  syncDetails(): SyncDetails;
  /** The whole database as one file. */
  exportFile(): Promise<Blob>;
  setSync(on: boolean): void;
  retrySync(): void;
}

export interface ImportCounts {
  added: number;
  updated: number;
  unchanged: number;
}

export interface DatabaseSubscriptions {
  /** The result of one of the shop's queries, now and after every change of it. */
  live(sink: Sink<unknown>, name: string, args: unknown): () => void;
  /** The state of sync, now and after every change. */
  sync(sink: Sink<SyncState>): () => void;
  /** What waits for a person to decide, now and after every change of it. */
  undecided(sink: Sink<Undecided>): () => void;
  /** What is done about replacing the database, now and after every change. */
  recovery(sink: Sink<RecoveryState>): () => void;
}

export interface DatabaseEvents {
  /** Something to tell the person once. */
  notice: Notice;
}
