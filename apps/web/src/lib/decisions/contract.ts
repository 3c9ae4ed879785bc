/** What waits for a person to decide, and what they decide, as page and database worker tell each other. Types only. */
import type { CellValue } from '@octavo/protocol/value.ts';
import type { Conflict } from '@octavo/sync/storage/conflicts.ts';
import type { QuarantinedChange } from '@octavo/sync/storage/quarantine.ts';

/** A change that could not be applied on this device. */
export interface PutAsideHere extends QuarantinedChange {
  /** The primary key of its row; undefined where it is none. */
  key: CellValue[] | undefined;
  /** Written by this device. */
  own: boolean;
}

/** Everything on this device that waits for somebody to decide. */
export interface Undecided {
  /** Own edits that lost before the server had them; the newest first. */
  conflicts: Conflict[];
  putAside: PutAsideHere[];
}

export type Decision =
  /** Makes edits that lost once more. */
  | { kind: 'use-mine'; ids: readonly number[] }
  /** Makes the edits that had won once more, over one's own. */
  | { kind: 'undo-use-mine'; conflicts: readonly Conflict[] }
  | { kind: 'keep-theirs'; ids: readonly number[] | 'all' }
  | { kind: 'undo-keep-theirs'; conflicts: readonly Conflict[] }
  /** Tries a change again that was put aside. */
  | { kind: 'retry'; id: number }
  /** Gives it up. */
  | { kind: 'discard'; id: number }
  | { kind: 'undo-discard'; change: QuarantinedChange };

export interface Decided {
  /** How many of the things decided about were still there to be decided. */
  done: number;
  /** Why a change still cannot be applied. */
  refusal?: string;
}
