import type { Change, Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { type ChangeRow, readChange } from './change-rows.ts';

/** A place in the log: everything up to `version`, and of the next one what comes before `sequence`. */
export interface LogPosition {
  version: DbVersion;
  /** Set while a transaction too large for one batch is being read: its version and the first sequence not yet read. */
  inside: { version: DbVersion; sequence: number } | undefined;
}

export interface LogStretch {
  transactions: Transaction[];
  /** Where to read on. */
  position: LogPosition;
}

/** A stretch ends when it has reached either. */
export interface StretchLimits {
  bytes: number;
  changes: number;
}

/** What a change weighs besides its value and key: an estimate that errs on the large side. */
const CHANGE_OVERHEAD_BYTES = 8;

/** Collects changes into transactions and knows when to stop: at a transaction's end, or inside one that is too large. */
export class StretchBuilder {
  readonly #limits: StretchLimits;
  readonly #transactions: Transaction[] = [];
  #bytes = 0;
  #changes = 0;
  #position: LogPosition | undefined;

  constructor(limits: StretchLimits) {
    this.#limits = limits;
  }

  /** Takes a change, or says that the stretch is full and remembers where the next one starts. */
  add(row: ChangeRow): boolean {
    const { version, change } = readChange(row);
    let transaction = this.#transactions.at(-1);
    const isFull = this.#bytes >= this.#limits.bytes || this.#changes >= this.#limits.changes;
    // A resurrected row's zeroed cells keep the sequences of the transactions that they come from, so that several cells
    // of one version may have the same. They stay together: the next stretch begins at a sequence.
    const previous = transaction?.version === version ? transaction.changes.at(-1)?.sequence : undefined;
    if (isFull && previous !== change.sequence) {
      this.#position =
        transaction?.version === version
          ? { version: version - 1n, inside: { version, sequence: change.sequence } }
          : { version: version - 1n, inside: undefined };
      return false;
    }
    if (transaction?.version !== version) {
      transaction = { version, changes: [] };
      this.#transactions.push(transaction);
    }
    transaction.changes.push(change);
    this.#changes += 1;
    this.#bytes += weightOf(change);
    return true;
  }

  /** What it has grown to, as its limits count. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Everything up to this version has been read. */
  through(version: DbVersion): void {
    this.#position = { version, inside: undefined };
  }

  cut(): LogStretch {
    if (this.#position === undefined)
      throw new Error('A stretch of the log was cut before anything was read.');
    return { transactions: this.#transactions, position: this.#position };
  }
}

/** Bytes that a change counts for. */
export function weightOf({ key, value }: Change): number {
  return CHANGE_OVERHEAD_BYTES + key.length + valueBytes(value);
}

function valueBytes(value: CellValue): number {
  if (typeof value === 'string') return value.length * 2;
  if (value instanceof Uint8Array) return value.length;
  return 8;
}
