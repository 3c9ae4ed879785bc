import type { Batch } from '@octavo/protocol/batch.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import { type DbVersion, sameId } from '@octavo/protocol/identity.ts';
import { BATCH_TARGET_BYTES, BATCH_TARGET_CHANGES, MAX_BATCHES_IN_FLIGHT } from '@octavo/protocol/limits.ts';
import type { Ack, Staged } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { epochsUpTo } from '../epochs.ts';
import type { Replica } from '../replica.ts';
import type { Audience, LogReader } from '../storage/log-reader.ts';
import type { LogPosition, StretchLimits } from '../storage/log-stretch.ts';

/** What a batch may hold. */
export const BATCH_LIMITS: StretchLimits = { bytes: BATCH_TARGET_BYTES, changes: BATCH_TARGET_CHANGES };

/** Counting what is to come stops here, in each table: it is for a progress bar. */
const COUNT_AT_MOST = 200_000;

/** One is being taken in while the next is on its way. */
const FEW_IN_FLIGHT = 2;

export interface OutboundOptions {
  audience: Audience;
  /** How far the peer durably holds this log. */
  from: DbVersion;
  /** Epochs up to this version have been told in the handshake. */
  epochsToldThrough: DbVersion;
  /** What the peer holds of a transaction that it was sent in parts. */
  staged: Staged | undefined;
  /** What the peer lacks below `from` since its schema was upgraded [HS-2]. */
  backfill: { audience: Audience; from: DbVersion } | undefined;
  limits: StretchLimits;
  /** The peer takes no changes: what is ours stays here. */
  withhold: boolean;
}

/** One way through the log for one peer. */
interface Course {
  reader: LogReader;
  position: LogPosition;
  /** The position that the last batch gave the peer. */
  told: DbVersion;
  /** Where it ends; undefined where it follows the head. */
  end: DbVersion | undefined;
  /** The largest head under which it has been read. */
  readUnder: DbVersion;
}

/**
 * The sending half of a connection, the same on both sides: reads this replica's log from where the peer durably
 * stands, in bounded batches of which a bounded number is on its way [ST-1].
 */
export class Outbound {
  readonly #replica: Replica;
  readonly #limits: StretchLimits;
  readonly #stream: Course;
  /** Comes first, where there is one. */
  #backfill: Course | undefined;
  /** Whether the peer takes no changes, and whether there are some that it would need to. */
  readonly #withhold: boolean;
  #withheld = false;
  #sentBatches = 0;
  #acknowledgedBatches = 0;
  /** Whether the last batch ended at the head: what comes now is news, not a backlog. */
  #caughtUp = true;
  /** How many batches had been acknowledged when the present backlog began. */
  #acknowledgedBefore = 0;
  #acknowledged: DbVersion;
  #epochsToldThrough: DbVersion;

  constructor(replica: Replica, options: OutboundOptions) {
    const { audience, from, epochsToldThrough, staged, backfill, limits, withhold } = options;
    this.#replica = replica;
    this.#limits = limits;
    this.#withhold = withhold;
    this.#acknowledged = from;
    this.#epochsToldThrough = epochsToldThrough;
    const course = (audienceOf: Audience, start: DbVersion, end: DbVersion | undefined): Course => ({
      reader: replica.logReader(audienceOf),
      position: { version: start, inside: undefined },
      told: start,
      end,
      readUnder: start,
    });
    this.#stream = course(audience, from, undefined);
    this.#backfill = backfill === undefined ? undefined : course(backfill.audience, backfill.from, from);
    // What the peer holds of a transaction is void where its rest does not follow.
    if (staged !== undefined && !withhold) this.#resume(this.#backfill ?? this.#stream, staged);
  }

  /** How far the peer durably holds this log. */
  get acknowledged(): DbVersion {
    return this.#acknowledged;
  }

  /** Whether anything sent is not yet taken in by the peer. */
  get waiting(): boolean {
    return this.#acknowledgedBatches < this.#sentBatches;
  }

  /** How many changes are to come, as far as can be said at once. */
  backlog(): number {
    const courses = this.#backfill === undefined ? [this.#stream] : [this.#backfill, this.#stream];
    return courses.reduce((sum, { reader, told }) => sum + reader.count(told, COUNT_AT_MOST), 0);
  }

  /**
   * The version the peer must have acknowledged to hold all of the log that concerns it. Exact once everything has
   * been read; before that the head, which is never too low.
   */
  concerned(): DbVersion {
    const head = this.#replica.head();
    return this.#backfill === undefined && reached(this.#stream.position, head) ? this.#stream.told : head;
  }

  /** The next batch; undefined when nothing is left for the peer or enough is on its way. */
  next(): Batch | undefined {
    const head = this.#replica.head();
    while (!this.#withheld && this.#hasRoom()) {
      const course = this.#backfill ?? this.#stream;
      const end = course.end ?? head;
      if (course === this.#stream && reached(course.position, end)) return undefined;
      course.readUnder = head;
      const { transactions, position } = course.reader.read(course.position, end, this.#limits);
      if (this.#withhold && transactions.length > 0) {
        this.#withheld ||= transactions.some(hasOwnWork);
        if (this.#withheld) return undefined;
        // Cells that came back to life in a merge: the peer has them from where they came.
        course.position = position;
        continue;
      }
      const continues = course.position.inside !== undefined;
      course.position = position;
      const ends = course === this.#backfill && reached(position, end);
      // Versions that hold nothing for this peer are passed over in silence, unless something waits for its end.
      if (transactions.length === 0 && !continues && !ends) continue;
      const batch = this.#batch(course, transactions, continues);
      if (ends) this.#backfill = undefined;
      return batch;
    }
    return undefined;
  }

  /**
   * An empty batch that moves the peer's cursor over what does not concern it, so that a later handshake starts near
   * the head. Undefined while there is less than so much to move.
   */
  advance(atLeast = 1n): Batch | undefined {
    const { position, told } = this.#stream;
    if (this.#backfill !== undefined || position.inside !== undefined) return undefined;
    if (position.version < told + atLeast) return undefined;
    if (!this.#hasRoom()) return undefined;
    return this.#batch(this.#stream, [], false);
  }

  /** The peer says by the way how far it durably holds this log: an acknowledgement that never came is made up for. */
  holds(acknowledged: DbVersion): void {
    if (acknowledged > this.#acknowledged && acknowledged <= this.#stream.told)
      this.#acknowledged = acknowledged;
  }

  /** Throws {@link ProtocolError} for an acknowledgement of what was never sent. */
  onAck(ack: Ack): void {
    if (ack.batches > this.#sentBatches || ack.through > this.#stream.told) {
      throw new ProtocolError('unexpected', 'Something was acknowledged that was never sent.');
    }
    if (ack.batches > this.#acknowledgedBatches) this.#acknowledgedBatches = ack.batches;
    if (ack.through > this.#acknowledged) this.#acknowledged = ack.through;
  }

  /** Goes on after what the peer has staged, where this log is still the one that it came from. */
  #resume(course: Course, { epoch, version, sequence }: Staged): void {
    const own = epochsUpTo(this.#replica.epochs(), version).at(-1);
    if (own === undefined || !sameId(own.id, epoch)) return;
    if (version !== course.told + 1n || version > this.#replica.head()) return;
    course.position = { version: course.told, inside: { version, sequence } };
  }

  /**
   * A backlog starts with few batches on their way, and has one more with every one that is acknowledged: a server to which
   * everybody comes back at once answers all of them before it fills one. News that finds earlier news still on its way
   * waits, and goes out as one batch with what follows: a peer that is slow to commit commits less often, not later and
   * later [ST-4].
   */
  #hasRoom(): boolean {
    const room = this.#caughtUp
      ? FEW_IN_FLIGHT
      : Math.min(MAX_BATCHES_IN_FLIGHT, FEW_IN_FLIGHT + this.#acknowledgedBatches - this.#acknowledgedBefore);
    return this.#sentBatches - this.#acknowledgedBatches < room;
  }

  #batch(course: Course, transactions: Batch['transactions'], continues: boolean): Batch {
    this.#sentBatches += 1;
    if (this.#caughtUp) this.#acknowledgedBefore = this.#acknowledgedBatches;
    this.#caughtUp = course === this.#stream && reached(course.position, course.readUnder);
    const { position, told } = course;
    course.told = position.version;
    return {
      number: this.#sentBatches,
      after: told,
      through: position.version,
      head: course.readUnder,
      incomplete: position.inside !== undefined,
      continues,
      backfill: course !== this.#stream,
      epochs: this.#untoldEpochs(course.readUnder),
      transactions,
    };
  }

  #untoldEpochs(through: DbVersion): Batch['epochs'] {
    const told = this.#epochsToldThrough;
    if (through <= told) return [];
    this.#epochsToldThrough = through;
    return this.#replica
      .epochs()
      .filter(({ firstVersion }) => firstVersion > told && firstVersion <= through);
  }
}

/** Whether a peer lacks something without these changes: cells of column version 0 follow from what it has [V-4]. */
function hasOwnWork({ changes }: Transaction): boolean {
  return changes.some(({ columnVersion }) => columnVersion > 0n);
}

function reached(position: LogPosition, end: DbVersion): boolean {
  return position.inside === undefined && position.version >= end;
}
