/** What pages, the database worker and the doctor's worker say to each other about what is wrong. */

/** A message of the sync protocol, or what happened to its connection. Runs of the same are one entry. */
export interface ProtocolEntry {
  /** Of the first of a run, and of the last: wall clock, ms. */
  at: number;
  until: number;
  times: number;
  connection: number;
  what: 'connect' | 'opened' | 'received' | 'sent' | 'closed-here' | 'closed-there';
  /** The kind of the message, or why the connection was closed. */
  kind: string;
  /** All of the run together. */
  bytes: number;
}

/** Since when sync was in a state. */
export interface StatusEntry {
  /** Wall clock, ms. */
  at: number;
  status: string;
  /** The cause, code or reason of that state. */
  detail: string;
  pending: number;
}

/** What the database worker remembers of sync, the oldest first. Bounded; no data of the shop. */
export interface SyncRecord {
  timeline: readonly StatusEntry[];
  events: readonly ProtocolEntry[];
}

/** What was found in a database that can be opened. */
export interface Inspection {
  /** What SQLite says of the file: `ok` alone, or what is wrong with it. */
  integrity: string[];
  /** What is wrong with what replication keeps in the file; empty when nothing is. */
  bookkeeping: string[];
  schemaName: string;
  schemaVersion: number;
  siteId: string;
  lineage: string | undefined;
  head: number;
  epochs: number;
  /** Bytes that are in use, and that a compaction would give back. */
  size: number;
  free: number;
}

/** Whether the file that is the database is sound. */
export type Soundness =
  | { state: 'not-checked'; why: string }
  | { state: 'opens'; inspection: Inspection }
  | { state: 'does-not-open'; code: string; message: string };

/** What lies in the private folder of a database. */
export type Examination =
  | { state: 'not-possible'; why: string }
  | {
      state: 'looked';
      files: { name: string; size: number }[];
      /** The record of which file is the database. */
      record: 'none' | 'sound' | 'unreadable';
      /** The name of the file that is the database. */
      current: string;
      soundness: Soundness;
    };

/** Whether something of the browser can be used. */
export type Probe = { state: 'works' } | { state: 'fails'; why: string } | { state: 'unknown' };

/** What only a worker can try. */
export interface WorkerProbes {
  files: Probe;
  exclusiveFiles: Probe;
  locks: Probe;
  channels: Probe;
}

/** What the leader's worker tells about itself. */
export interface DoctorMethods {
  syncRecord(): SyncRecord;
  /** Reads the whole file: half a second for 100,000 books. */
  inspect(): Inspection;
}

export interface DoctorWorkerMethods {
  probe(): Promise<WorkerProbes>;
  /** Looks at the files of a database that nobody has open, and with the compiled SQLite also into a copy of it. */
  examine(database: string, wasm: WebAssembly.Module | undefined): Promise<Examination>;
}
