import type { Batch } from '@octavo/protocol/batch.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import { BATCH_TARGET_BYTES, BATCH_TARGET_CHANGES, MAX_BATCHES_IN_FLIGHT } from '@octavo/protocol/limits.ts';
import type { Ack } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Replica } from '../replica.ts';
import type { Audience, LogPosition, LogReader } from '../storage/log-reader.ts';

const LIMITS = { bytes: BATCH_TARGET_BYTES, changes: BATCH_TARGET_CHANGES };

/**
 * The sending half of a connection, the same on both sides: reads this replica's log from where the peer durably
 * stands, in bounded batches of which a bounded number is on its way [ST-1].
 */
export class Outbound {
  readonly #replica: Replica;
  readonly #reader: LogReader;
  #position: LogPosition;
  /** The cursor that the last batch gave the peer. */
  #told: DbVersion;
  #sentBatches = 0;
  #acknowledgedBatches = 0;
  #acknowledged: DbVersion;
  /** Epochs up to this version have been told, in the handshake or in a batch. */
  #epochsToldThrough: DbVersion;

  /** `from` is how far the peer durably holds this log; it knows the epochs up to `epochsToldThrough`. */
  constructor(replica: Replica, audience: Audience, from: DbVersion, epochsToldThrough: DbVersion) {
    this.#replica = replica;
    this.#reader = replica.logReader(audience);
    this.#position = { version: from, inside: undefined };
    this.#told = from;
    this.#acknowledged = from;
    this.#epochsToldThrough = epochsToldThrough;
  }

  /** How far the peer durably holds this log. */
  get acknowledged(): DbVersion {
    return this.#acknowledged;
  }

  /** Whether anything sent is not yet taken in by the peer. */
  get waiting(): boolean {
    return this.#acknowledgedBatches < this.#sentBatches;
  }

  /**
   * The version the peer must have acknowledged to hold all of the log that concerns it. Exact once everything has
   * been read; before that the head, which is never too low.
   */
  concerned(): DbVersion {
    const head = this.#replica.head();
    return this.#position.inside === undefined && this.#position.version >= head ? this.#told : head;
  }

  /** The next batch; undefined when nothing is left for the peer or enough is on its way. */
  next(): Batch | undefined {
    const head = this.#replica.head();
    while (this.#sentBatches - this.#acknowledgedBatches < MAX_BATCHES_IN_FLIGHT) {
      if (this.#position.inside === undefined && this.#position.version >= head) return undefined;
      const { transactions, position } = this.#reader.read(this.#position, head, LIMITS);
      const resumed = this.#position.inside !== undefined;
      this.#position = position;
      // Versions that hold nothing for this peer are passed over in silence, unless a part is waiting for its end.
      if (transactions.length === 0 && !resumed) continue;
      return this.#batch(transactions, position);
    }
    return undefined;
  }

  /**
   * An empty batch that moves the peer's cursor over what does not concern it, so that a later handshake starts near
   * the head. Undefined while there is nothing to move.
   */
  advance(): Batch | undefined {
    if (this.#position.inside !== undefined || this.#position.version <= this.#told) return undefined;
    if (this.#sentBatches - this.#acknowledgedBatches >= MAX_BATCHES_IN_FLIGHT) return undefined;
    return this.#batch([], this.#position);
  }

  /** Throws {@link ProtocolError} for an acknowledgement of what was never sent. */
  onAck(ack: Ack): void {
    if (ack.batches > this.#sentBatches || ack.through > this.#told) {
      throw new ProtocolError('unexpected', 'Something was acknowledged that was never sent.');
    }
    if (ack.batches > this.#acknowledgedBatches) this.#acknowledgedBatches = ack.batches;
    if (ack.through > this.#acknowledged) this.#acknowledged = ack.through;
  }

  #batch(transactions: Batch['transactions'], position: LogPosition): Batch {
    this.#sentBatches += 1;
    const after = this.#told;
    this.#told = position.version;
    const epochs = this.#replica
      .epochs()
      .filter(
        (epoch) => epoch.firstVersion > this.#epochsToldThrough && epoch.firstVersion <= position.version,
      );
    if (position.version > this.#epochsToldThrough) this.#epochsToldThrough = position.version;
    return {
      number: this.#sentBatches,
      after,
      through: position.version,
      incomplete: position.inside !== undefined,
      epochs,
      transactions,
    };
  }
}
