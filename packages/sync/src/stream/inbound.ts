import type { Batch } from '@octavo/protocol/batch.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion, Epoch } from '@octavo/protocol/identity.ts';
import { MAX_STAGED_BYTES } from '@octavo/protocol/limits.ts';
import type { Ack, Backfill } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { epochsUpTo } from '../epochs.ts';
import type { Replica } from '../replica.ts';
import type { VersionRange } from '../storage/merge.ts';
import type { StagedTransaction } from '../storage/staging.ts';
import { type AllowedAuthors, InvalidChangeError, mayBeSent } from '../storage/validate-change.ts';

/** What the two sides do differently when they receive. */
export interface InboundOptions {
  /** Under which key the cursor is kept: a client's site id, or the shop's lineage. */
  peer: Uint8Array;
  authors: AllowedAuthors;
  /** Up to here the peer may return changes of every author: it keeps an offer that this side asked for [OF-3]. */
  offeredThrough: DbVersion;
  /** The peer's epochs as it told them in the handshake. */
  epochs: readonly Epoch[];
  /** Of so many of the newest moments at which everything of the peer was here the position is kept [EP-8]. */
  levelPointsKept: number;
  /** Own edits above this version are not acknowledged, and are missed when they lose; undefined when there are none. */
  unacknowledged: () => DbVersion | undefined;
}

/** The parts of a batch: what can be merged with it, and what has to wait for its end. */
interface SplitBatch {
  /** Whether the first of them ends what is staged. */
  endsStaged: boolean;
  complete: Transaction[];
  /** A beginning or another part of a transaction whose end has not come. */
  part: Transaction | undefined;
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
  #conflicts = 0;
  /** How many epochs of the peer are on disk; unknown until the first record. */
  #storedEpochs: number | undefined;
  #cursor: DbVersion;
  #horizon: DbVersion;
  #complete: DbVersion = 0n;
  #backfill: Backfill | undefined;
  #staged: StagedTransaction | undefined;
  #batches = 0;

  constructor(replica: Replica, options: InboundOptions) {
    this.#replica = replica;
    this.#options = options;
    this.#epochs = [...options.epochs];
    const { cursor, horizon } = replica.bookkeeping.peer(options.peer);
    this.#cursor = cursor;
    this.#horizon = horizon;
    this.#backfill = replica.backfills.of(options.peer);
    this.#staged = replica.staging.of(options.peer);
    this.#noteWhetherComplete();
  }

  /** How far the peer's log is merged and on disk here. */
  get cursor(): DbVersion {
    return this.#cursor;
  }

  /**
   * The largest head of the peer at which everything that it held is here [EP-8]. Below the cursor while more is on its
   * way: what the peer held at the cursor's version may have moved beyond it.
   */
  get complete(): DbVersion {
    return this.#complete;
  }

  /** Own edits that have lost since the connection stood, before the peer had them. */
  get conflicts(): number {
    return this.#conflicts;
  }

  /**
   * Takes a batch in and returns the acknowledgement for it.
   *
   * Throws {@link ProtocolError} for a batch out of order, {@link InvalidChangeError} for what no honest peer sends, and
   * `SqliteError` when the database could not take it; nothing of the batch is kept then.
   */
  receive(batch: Batch): Ack {
    this.#checkOrder(batch);
    for (const transaction of batch.transactions) this.#checkAuthors(transaction);
    const split = this.#split(batch);
    const epochs = [...this.#epochs, ...batch.epochs];
    const epochOfPart = split.part === undefined ? undefined : epochsUpTo(epochs, split.part.version).at(-1);
    if (split.part !== undefined && epochOfPart === undefined)
      throw new ProtocolError('unexpected', 'A transaction belongs to no epoch that was told.');

    const unacknowledged = this.#options.unacknowledged();
    this.#epochs = epochs;
    let staged = split.endsStaged ? undefined : this.#staged;
    const record = (): void => {
      this.#recordPosition(batch, unacknowledged);
      if (this.#staged !== undefined && (split.endsStaged || !batch.continues)) {
        this.#replica.staging.clear(this.#options.peer);
        staged = undefined;
      }
      if (split.part !== undefined && epochOfPart !== undefined)
        staged = this.#replica.staging.add(this.#options.peer, epochOfPart.id, split.part);
    };
    if (split.endsStaged || split.complete.length > 0) this.#merge(batch, split, unacknowledged, record);
    else if (
      batch.through > batch.after ||
      split.part !== undefined ||
      this.#staged !== undefined ||
      batch.backfill
    )
      this.#replica.write(record);

    this.#staged = staged;
    this.#moveTo(batch);
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

  #merge(
    batch: Batch,
    { endsStaged, complete }: SplitBatch,
    unacknowledged: DbVersion | undefined,
    record: () => void,
  ): void {
    const { peer, authors, offeredThrough } = this.#options;
    const { merger, returned, staging } = this.#replica;
    const isOffer = batch.after < offeredThrough;
    const transactions = {
      *[Symbol.iterator](): Generator<Transaction> {
        if (endsStaged) yield* staging.parts(peer);
        yield* complete;
      },
    };
    const { news, conflicts } = merger.merge(transactions, {
      ownWork: authors !== 'any' && !isOffer,
      acknowledged: unacknowledged,
      record: (versions: VersionRange) => {
        record();
        if (isOffer) returned.add(versions, this.#replica.head());
      },
    });
    this.#news += news;
    this.#conflicts += conflicts;
  }

  /** Throws unless the batch is the next one, follows the position, and its versions ascend. */
  #checkOrder(batch: Batch): void {
    const expect = (condition: boolean, otherwise: string): void => {
      if (!condition) throw new ProtocolError('unexpected', otherwise);
    };
    const { number, after, through, transactions, continues, incomplete } = batch;
    const position = batch.backfill ? this.#backfill?.through : this.#cursor;
    expect(number === this.#batches + 1, `Batch ${number} came where ${this.#batches + 1} was expected.`);
    expect(batch.backfill === (this.#backfill !== undefined), 'Backfill and stream came in the wrong order.');
    expect(after === position, `A batch follows version ${after}, the receiver stands at ${position ?? 0n}.`);
    expect(
      !batch.backfill || through <= this.#cursor,
      `A backfill goes to ${through}, beyond the cursor at ${this.#cursor}.`,
    );
    expect(!incomplete || transactions.length > 0, 'A transaction is to go on that has not begun.');
    let last = after;
    for (const { version } of transactions) {
      expect(version > last, `Version ${version} came after ${last}.`);
      last = version;
    }
    const ends = incomplete ? last - 1n : last;
    expect(transactions.length === 0 || ends <= through, `Version ${last} came in a batch up to ${through}.`);
    if (!continues) return;
    const [first] = transactions;
    expect(this.#staged !== undefined, 'A transaction goes on that has not begun.');
    expect(
      // What was left of it may have moved to later versions.
      first === undefined ||
        first.version > (this.#staged?.version ?? 0n) ||
        (first.version === this.#staged?.version &&
          (first.changes[0]?.sequence ?? 0) >= this.#staged.sequence),
      'A transaction goes on elsewhere than it stopped.',
    );
  }

  #checkAuthors({ version, changes }: Transaction): void {
    const authors = version <= this.#options.offeredThrough ? 'any' : this.#options.authors;
    if (changes.every((change) => mayBeSent(change, authors))) return;
    throw new InvalidChangeError('A change was written by another site than the one that sends it.');
  }

  #split({ transactions, incomplete, continues }: Batch): SplitBatch {
    const part = incomplete ? transactions.at(-1) : undefined;
    const complete = incomplete ? transactions.slice(0, -1) : transactions;
    const staged = continues && part?.version === this.#staged?.version ? (this.#staged?.bytes ?? 0) : 0;
    if (staged > MAX_STAGED_BYTES)
      throw new ProtocolError('too-large', `A transaction is larger than ${MAX_STAGED_BYTES} bytes.`);
    return { endsStaged: continues && part?.version !== this.#staged?.version, complete, part };
  }

  /** What goes with the data in one transaction: the position, the epochs up to the horizon [EP-2], a level point [EP-8]. */
  #recordPosition(batch: Batch, unacknowledged: DbVersion | undefined): void {
    const { backfills, bookkeeping, clockTables, levelPoints } = this.#replica;
    const { peer, levelPointsKept } = this.#options;
    const { through, backfill } = batch;
    const cursor = backfill ? this.#cursor : through;
    const horizon = later(this.#horizon, batch.head);
    bookkeeping.setPosition(peer, { cursor, horizon });
    const heardOf = epochsUpTo(this.#epochs, horizon);
    if (heardOf.length !== this.#storedEpochs) bookkeeping.setPeerEpochs(peer, heardOf);
    this.#storedEpochs = heardOf.length;
    if (backfill) {
      if (through < cursor) backfills.advance(peer, through);
      else backfills.finish(peer);
    } else if (cursor >= horizon) {
      // Own work that the peer does not hold yet will come later than this cursor in its log.
      const firstUnsent =
        unacknowledged === undefined ? undefined : clockTables.firstOwnAfter(unacknowledged);
      const ownHead = firstUnsent === undefined ? this.#replica.head() : firstUnsent - 1n;
      levelPoints.record(peer, { cursor, ownHead }, levelPointsKept);
    }
  }

  #moveTo({ through, head, backfill }: Batch): void {
    this.#horizon = later(this.#horizon, head);
    if (!backfill) this.#cursor = through;
    else if (this.#backfill !== undefined)
      this.#backfill = through < this.#cursor ? { ...this.#backfill, through } : undefined;
    this.#noteWhetherComplete();
  }

  #noteWhetherComplete(): void {
    if (this.#backfill === undefined && this.#cursor >= this.#horizon) this.#complete = this.#cursor;
  }
}

function later(left: DbVersion, right: DbVersion): DbVersion {
  return left > right ? left : right;
}
