import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { Pong } from '@octavo/protocol/messages.ts';
import type { Clock } from '../environment.ts';

/** A ping is sent this often while a connection is open. */
export const PING_INTERVAL_MS = 1_000;
/** With a ping unanswered and nothing else heard for so long, the connection is dead though it looks open. */
export const SILENCE_LIMIT_MS = 5_000;
/** A proof is not older than this, or it is none. */
export const PROOF_LIFETIME_MS = 3_000;
/** Wall and monotonic clock part by more than this when the machine slept or somebody set the time. */
const CLOCK_DRIFT_LIMIT_MS = 1_000;

/** One moment on both clocks. */
export interface Instant {
  wall: number;
  monotonic: number;
}

export function instant(clock: Clock): Instant {
  return { wall: clock.wall(), monotonic: clock.monotonic() };
}

/**
 * Milliseconds from one moment to a later one: the larger of what the two clocks say. Undefined when they disagree or
 * go back, since then nothing can be said of the time between [LT-2].
 */
export function elapsed(from: Instant, to: Instant): number | undefined {
  const wall = to.wall - from.wall;
  const monotonic = to.monotonic - from.monotonic;
  if (wall < 0 || monotonic < 0 || Math.abs(wall - monotonic) > CLOCK_DRIFT_LIMIT_MS) return undefined;
  return Math.max(wall, monotonic);
}

interface SentPing {
  nonce: number;
  sentAt: Instant;
  /** What the server must have acknowledged to hold everything that was committed here before the ping. */
  written: DbVersion;
}

/** A ping that was answered, and waits for its head to be applied here. */
interface AnsweredPing {
  sentAt: Instant;
  head: DbVersion;
}

/**
 * Collects the proof behind the green light [LT-1]: the newest ping whose answer says that the server holds everything
 * written here before it was sent, and whose head is applied here. It dates from when the ping was *sent*.
 */
export class Heartbeat {
  #nextNonce = 1;
  #sent: SentPing[] = [];
  #answered: AnsweredPing[] = [];
  #proof: Instant | undefined;
  #heardAt: Instant;
  #sentAt: Instant | undefined;

  constructor(now: Instant) {
    this.#heardAt = now;
  }

  /** Registers a ping to be sent now and returns its nonce. */
  ping(now: Instant, written: DbVersion): number {
    const nonce = this.#nextNonce;
    this.#nextNonce += 1;
    this.#sent.push({ nonce, sentAt: now, written });
    this.#sentAt = now;
    return nonce;
  }

  /** Anything that comes is a sign of life. */
  heard(now: Instant): void {
    this.#heardAt = now;
  }

  onPong(pong: Pong): void {
    const ping = this.#sent.find((sent) => sent.nonce === pong.nonce);
    if (ping === undefined) return;
    this.#sent = this.#sent.filter((sent) => sent.nonce > pong.nonce);
    if (pong.acknowledged >= ping.written) this.#answered.push({ sentAt: ping.sentAt, head: pong.head });
  }

  /** Counts the answers whose head is applied at this cursor. */
  applied(cursor: DbVersion): void {
    const satisfied = this.#answered.findLastIndex((answer) => answer.head <= cursor);
    if (satisfied < 0) return;
    this.#proof = this.#answered[satisfied]?.sentAt;
    this.#answered = this.#answered.slice(satisfied + 1);
  }

  /** When the proof dates from; undefined when there is none or it is too old. */
  proof(now: Instant): Instant | undefined {
    if (this.#proof === undefined) return undefined;
    const age = elapsed(this.#proof, now);
    return age !== undefined && age <= PROOF_LIFETIME_MS ? this.#proof : undefined;
  }

  /** Whether the next ping is due: every second, and at once when the clocks have jumped. */
  due(now: Instant): boolean {
    if (this.#sentAt === undefined) return true;
    const since = elapsed(this.#sentAt, now);
    return since === undefined || since >= PING_INTERVAL_MS;
  }

  /** Whether the other end has been silent for too long although it was asked. */
  silent(now: Instant): boolean {
    const oldest = this.#sent[0];
    if (oldest === undefined) return false;
    const asked = now.monotonic - oldest.sentAt.monotonic;
    const heard = now.monotonic - this.#heardAt.monotonic;
    return Math.min(asked, heard) >= SILENCE_LIMIT_MS;
  }
}
