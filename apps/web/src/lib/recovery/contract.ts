/** What pages and the database worker say to each other about replacing a database. */
import type { FailedRecord, RecoveryReport } from '@octavo/sync/recovery/outcomes.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import type { Thing } from '@octavo/shop/queries/things.ts';
import type { DifferenceCounts } from '@octavo/sync/recovery/differences.ts';
import type { Progress } from '@octavo/sync/state.ts';

/** What goes along from the old database to the new one. */
export type CarryOver =
  /** What no server has confirmed. */
  | 'unsent'
  /** Everything that the new one lacks or has otherwise. */
  | 'everything'
  /** Nothing that was written before it was asked for. */
  | 'nothing';

/** Why a database was replaced by another file. */
export type WhyReplaced = 'nuked' | 'kept-mine' | 'restored' | 'snapshot' | 'damaged';

/** A replaced database that is kept for a while. */
export interface KeptDatabase {
  generation: number;
  /** Wall clock, ms. */
  replacedAt: number;
  /** Wall clock, ms. */
  keptUntil: number;
  why: WhyReplaced;
  /** Bytes. */
  size: number;
}

/** A replacement that is under way. The old database stays in use until it is through. */
export interface Replacing {
  why: WhyReplaced;
  /** Getting the shop from the server, or carrying over what goes along. */
  stage: 'filling' | 'carrying';
  progress: Progress;
  /** Why it does not go on, in words; it does as soon as it can. */
  problem: string | undefined;
}

/** What this browser has and the shop on the server has not. */
export interface Comparison {
  /** Undefined while they are being found out. */
  counts: DifferenceCounts | undefined;
  /** How far the server's shop has been fetched for it; undefined once it is here. */
  progress: Progress | undefined;
  /** Why it does not go on, in words. */
  problem: string | undefined;
}

/** What became of what was carried over, until somebody has read it. */
export interface Recovered extends RecoveryReport {
  /** The first of those that could not be carried over. */
  failures: FailedRecord[];
}

/** How a record of a kept database stands to the one in use. */
export type KeptKind =
  /** It is not in the one in use. */
  | 'missing'
  /** Both have it, with different values. */
  | 'different'
  /** It was removed there, and stands in the one in use. */
  | 'removed';

/** A record that a kept database has otherwise than the one in use. */
export interface KeptRecord {
  kind: KeptKind;
  table: string;
  key: readonly CellValue[];
  /** What differs, with what is in use instead. Of a record that one of the two has not, all of it; its side is null. */
  cells: readonly { column: string; value: CellValue; present: CellValue }[];
}

/** What only a kept database has. */
export interface KeptRecords {
  /** The first of each kind. */
  records: KeptRecord[];
  counts: Record<KeptKind, number>;
  /** What the records, and what their values point to, are called. */
  things: Thing[];
}

export interface RecoveryState {
  /** The generation of the database in use; undefined before a worker has said so. */
  inUse: number | undefined;
  replacing: Replacing | undefined;
  /** The server's snapshot on its way into a new file, for a replica that lacks a lot. Nobody has asked for it. */
  snapshot: { progress: Progress; problem: string | undefined } | undefined;
  /** Why such a replica is filled by streaming all the same, in words. */
  streamedBecause: string | undefined;
  comparison: Comparison | undefined;
  recovered: Recovered | undefined;
  /** The newest first. */
  kept: KeptDatabase[];
  /** Why those that were kept long enough could not be deleted. */
  problem: string | undefined;
}

export const noRecovery: RecoveryState = {
  inUse: undefined,
  replacing: undefined,
  snapshot: undefined,
  streamedBecause: undefined,
  comparison: undefined,
  recovered: undefined,
  kept: [],
  problem: undefined,
};

/** What the leader's worker does about replacing the database, for every tab. */
export interface RecoveryMethods {
  /** Fetches the server's shop beside this one and counts what it lacks. Repeating it does no harm. */
  compareShops(): void;
  /**
   * Begins to replace the database. It goes on by itself, also after a restart, until it is through or cancelled. Does nothing
   * where it has taken place: whoever gets no answer asks again, and the worker of the new database must not replace that.
   */
  replaceDatabase(carry: CarryOver, inUse: number | undefined): Promise<void>;
  cancelReplacement(): Promise<void>;
  /** What a kept database has otherwise than the one in use. Throws RemoteError `not-kept`. */
  keptRecords(generation: number): Promise<KeptRecords>;
  /** A kept database as one file. Throws RemoteError `not-kept`. */
  keptDatabase(generation: number): Promise<Blob>;
  /**
   * Makes a kept database the one in use, as a replica of its own. Does nothing where it is that. Throws RemoteError `not-kept`
   * or `replacing`.
   */
  restoreKept(generation: number): Promise<void>;
  forgetKept(generation: number): Promise<void>;
  /** Somebody has read what was carried over. */
  dismissRecovered(): void;
}
