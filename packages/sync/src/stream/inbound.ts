import type { Batch } from '@octavo/protocol/batch.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { Ack } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Replica } from '../replica.ts';
import { joinParts } from '../storage/merge.ts';
import { type AllowedAuthors, faultOf } from '../storage/validate-change.ts';

/** A change that can never be merged: the peer is broken or hostile. Carries the reason in words. */
export class InvalidChangeError extends Error {
  override readonly name = 'InvalidChangeError';
}

/**
 * The receiving half of a connection, the same on both sides: checks each batch, merges it with the cursor in one
 * transaction, and acknowledges what is on disk [AK-1].
 */
export class Inbound {
  readonly #replica: Replica;
  /** Under which key the cursor is kept: a client's site id, or the shop's lineage. */
  readonly #peer: Uint8Array;
  readonly #authors: AllowedAuthors;
  #cursor: DbVersion;
  #batches = 0;
  /** Parts of a transaction whose end has not come: invisible until it has [ST-2]. */
  #parts: Transaction[] = [];

  constructor(replica: Replica, peer: Uint8Array, authors: AllowedAuthors) {
    this.#replica = replica;
    this.#peer = peer;
    this.#authors = authors;
    this.#cursor = replica.bookkeeping.peer(peer).cursor;
  }

  /** How far the peer's log is merged and on disk here. */
  get cursor(): DbVersion {
    return this.#cursor;
  }

  /**
   * Takes a batch in and returns the acknowledgement for it.
   *
   * Throws {@link ProtocolError} for a batch out of order, {@link InvalidChangeError} for a change that must not reach
   * the database, and `SqliteError` when the database could not take it; nothing of the batch is kept then.
   */
  receive(batch: Batch): Ack {
    if (batch.number !== this.#batches + 1) {
      throw new ProtocolError(
        'unexpected',
        `Batch ${batch.number} came where ${this.#batches + 1} was expected.`,
      );
    }
    if (batch.after !== this.#cursor) {
      throw new ProtocolError(
        'unexpected',
        `A batch follows version ${batch.after}, the cursor stands at ${this.#cursor}.`,
      );
    }
    for (const transaction of batch.transactions) {
      if (transaction.version <= this.#cursor) {
        throw new ProtocolError(
          'unexpected',
          `Version ${transaction.version} came again after ${this.#cursor}.`,
        );
      }
      for (const change of transaction.changes) {
        const fault = faultOf(change, this.#replica.schema, this.#authors);
        if (fault !== undefined) throw new InvalidChangeError(fault);
      }
    }
    const { complete, parts } = this.#split(batch);
    if (complete.length > 0) {
      this.#replica.merge(complete, this.#peer, batch.through);
    } else if (batch.through > this.#cursor) {
      // An empty advance may be lost in a crash: a lower cursor only means that more is sent again.
      this.#replica.bookkeeping.setCursor(this.#peer, batch.through);
    }
    this.#parts = parts;
    this.#cursor = batch.through > this.#cursor ? batch.through : this.#cursor;
    this.#batches += 1;
    return { batches: this.#batches, through: this.#cursor };
  }

  /** What can be merged now, and the beginning of a transaction that cannot. */
  #split(batch: Batch): { complete: Transaction[]; parts: Transaction[] } {
    const transactions = [...this.#parts, ...batch.transactions];
    if (!batch.incomplete) return { complete: joinParts(transactions), parts: [] };
    const open = transactions.at(-1)?.version;
    return {
      complete: joinParts(transactions.filter((transaction) => transaction.version !== open)),
      parts: transactions.filter((transaction) => transaction.version === open),
    };
  }
}
