import type { Batch } from '@octavo/protocol/batch.ts';
import type { Change, Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion, Epoch } from '@octavo/protocol/identity.ts';
import type { Ack } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { epochsUpTo } from '../epochs.ts';
import type { Replica } from '../replica.ts';
import { joinParts } from '../storage/merge.ts';
import { MAX_QUARANTINED } from '../storage/quarantine.ts';
import { type AllowedAuthors, faultOf, mayBeSent } from '../storage/validate-change.ts';

/** What no honest peer sends: the connection ends. Carries the reason in words. */
export class InvalidChangeError extends Error {
  override readonly name = 'InvalidChangeError';
}

/** A change that must not reach the database, and why. */
interface FaultyChange {
  change: Change;
  reason: string;
}

/** What the two sides do differently when they receive. */
export interface InboundOptions {
  /** Under which key the cursor is kept: a client's site id, or the shop's lineage. */
  peer: Uint8Array;
  authors: AllowedAuthors;
  /** Up to here the peer may return changes of every author: it keeps an offer that this side asked for [OF-3]. */
  offeredThrough: DbVersion;
  /** The peer's epochs as it told them in the handshake. */
  epochs: readonly Epoch[];
  /** Whether to remember where the own log stood at each cursor [EP-4]: clients need it after a server's fall-back. */
  checkpoints: boolean;
}

/**
 * The receiving half of a connection, the same on both sides: checks each batch, merges it with the cursor in one
 * transaction, and acknowledges what is on disk [AK-1].
 */
export class Inbound {
  readonly #replica: Replica;
  readonly #options: InboundOptions;
  /** The peer's epochs, also those that begin beyond the cursor. */
  #epochs: Epoch[];
  #news = 0;
  /** How many epochs of the peer are on disk; unknown until the first record. */
  #storedEpochs: number | undefined;
  #cursor: DbVersion;
  #batches = 0;
  /** Parts of a transaction whose end has not come: invisible until it has [ST-2]. */
  #parts: Transaction[] = [];

  constructor(replica: Replica, options: InboundOptions) {
    this.#replica = replica;
    this.#options = options;
    this.#epochs = [...options.epochs];
    this.#cursor = replica.bookkeeping.peer(options.peer).cursor;
  }

  /** How far the peer's log is merged and on disk here. */
  get cursor(): DbVersion {
    return this.#cursor;
  }

  /**
   * Takes a batch in and returns the acknowledgement for it.
   *
   * Throws {@link ProtocolError} for a batch out of order, {@link InvalidChangeError} for what no honest peer sends, and `SqliteError` when the database could not take it; nothing of the batch is kept then.
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
      const authors = transaction.version <= this.#options.offeredThrough ? 'any' : this.#options.authors;
      if (!transaction.changes.every((change) => mayBeSent(change, authors))) {
        throw new InvalidChangeError('A change was written by another site than the one that sends it.');
      }
    }
    const { complete, parts } = this.#split(batch);
    this.#epochs.push(...batch.epochs);
    const { sound, faulty } = this.#sort(complete);
    if (faulty.length > 0 || sound.length > 0) {
      this.#news += this.#replica.merge(sound, (versions) => {
        this.#record(batch.through);
        this.#putAside(faulty);
        if (batch.after < this.#options.offeredThrough) this.#replica.returned.add(versions);
      });
    } else if (batch.through > this.#cursor) {
      this.#replica.write(() => this.#record(batch.through));
    }
    this.#parts = parts;
    this.#cursor = batch.through;
    this.#batches += 1;
    return { batches: this.#batches, through: this.#cursor, news: this.#news, attention: this.attention() };
  }

  /** Changes of the peer that are put aside here. */
  attention(): number {
    const { quarantine } = this.#replica;
    return this.#options.authors === 'any'
      ? quarantine.count()
      : quarantine.countOf(this.#options.authors.only);
  }

  /** Parts what may reach the database from what must not [QU-2]. */
  #sort(transactions: readonly Transaction[]): { sound: Transaction[]; faulty: FaultyChange[] } {
    const faulty: FaultyChange[] = [];
    const sound = transactions.map(({ version, changes }) => ({
      version,
      changes: changes.filter((change) => {
        const reason = faultOf(change, this.#replica.schema);
        if (reason !== undefined) faulty.push({ change, reason });
        return reason === undefined;
      }),
    }));
    return { sound: sound.filter(({ changes }) => changes.length > 0), faulty };
  }

  #putAside(faulty: readonly FaultyChange[]): void {
    const { quarantine } = this.#replica;
    for (const { change, reason } of faulty) quarantine.add(change, reason);
    if (quarantine.count() <= MAX_QUARANTINED) return;
    throw new InvalidChangeError(
      `More than ${MAX_QUARANTINED} changes cannot be applied; an administrator has to look at them.`,
    );
  }

  /** What goes with the data in one transaction: the cursor, the epochs up to it [EP-2], the checkpoint [EP-4]. */
  #record(through: DbVersion): void {
    const { bookkeeping, checkpoints } = this.#replica;
    const { peer } = this.#options;
    bookkeeping.setCursor(peer, through);
    const reached = epochsUpTo(this.#epochs, through);
    if (reached.length !== this.#storedEpochs) bookkeeping.setPeerEpochs(peer, reached);
    this.#storedEpochs = reached.length;
    if (this.#options.checkpoints) checkpoints.record(through, this.#replica.head());
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
