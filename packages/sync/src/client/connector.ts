import { closeCodes, type CloseReason } from '@octavo/protocol/close-codes.ts';
import type { Hello, Refuse } from '@octavo/protocol/messages.ts';
import type { Clock, Random } from '../environment.ts';
import type { Failure } from '../state.ts';
import { Attempts } from './attempts.ts';
import type { ClientEffect } from './events.ts';
import { failures } from './failure.ts';
import { elapsed, instant, type Instant, PING_INTERVAL_MS } from './heartbeat.ts';
import type { Link } from './link.ts';
import type { Phase } from './phase.ts';

/** A connection that has not been welcomed or refused by then is given up. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How often the state is derived again while nothing happens: proofs age and patience ends. */
const HEARTBEAT_RESOLUTION_MS = 250;
/**
 * Time is kept more often than this. When it was not, this machine slept or was too busy to read what came: that nothing came
 * cannot be said before it has had the time to look.
 */
const INATTENTION_MS = 2_000;
/** The time to look. */
const CATCHING_UP_MS = 1_000;
/** Acknowledgements that have not come by then will not come on this connection; it is shown as stuck long before. */
const UNCONFIRMED_LIMIT_MS = 20_000;

/**
 * Whether there is a connection, when the next one is tried, and when one is given up. It knows nothing of what is said
 * over it. Never two connections at a time.
 */
export class Connector {
  readonly attempts: Attempts;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #perform: (effect: ClientEffect) => void;
  #phase: Phase = { name: 'down', retryAt: undefined };
  #enabled = false;
  #online = true;
  #visible = true;
  #connections = 0;
  /** When time was last kept. */
  #keptAt: number;
  /** Nothing is judged before this; set once, until something is judged. */
  #judgeFrom: number | undefined;

  constructor(clock: Clock, random: Random, perform: (effect: ClientEffect) => void) {
    this.#clock = clock;
    this.#random = random;
    this.#perform = perform;
    this.attempts = new Attempts(instant(clock));
    this.#keptAt = clock.monotonic();
  }

  get phase(): Phase {
    return this.#phase;
  }

  get enabled(): boolean {
    return this.#enabled;
  }

  /** What the browser says of the network. */
  get online(): boolean {
    return this.#online;
  }

  start(): void {
    if (this.#enabled) return;
    this.#enabled = true;
    this.attempts.begin(this.#now());
    this.#connect();
  }

  stop(): void {
    this.#enabled = false;
    this.#drop('stopped');
    this.attempts.forgetRefusal();
    this.#phase = { name: 'down', retryAt: undefined };
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
  }

  setOnline(online: boolean): void {
    this.#online = online;
    if (online) {
      this.attempts.begin(this.#now());
    } else if (this.#phase.name !== 'down') {
      this.#drop('silent');
      this.lost(failures.noNetwork);
    }
  }

  /** Somebody is looking, or the network is back: try now instead of waiting. */
  tryNow(): void {
    if (this.#enabled && this.#phase.name === 'down') this.#connect();
  }

  /** Whether what is heard of a connection concerns the present one. */
  isCurrent(connection: number): boolean {
    const phase = this.#phase;
    return (phase.name === 'connecting' || phase.name === 'open') && phase.connection === connection;
  }

  greeted(hello: Hello): void {
    if (this.#phase.name === 'connecting') this.#phase = { ...this.#phase, hello };
  }

  /** The server has welcomed this client. */
  opened(connection: number, link: Link): void {
    this.#phase = { name: 'open', connection, link };
    this.#online = true;
    this.attempts.forgetRefusal();
  }

  refused(refusal: Refuse): void {
    this.attempts.refused(refusal);
    this.#drop('refused');
    this.lost({ code: 'refused', message: refusal.message });
  }

  /** Something has got through on this connection: what failed before it is past. */
  proven(): void {
    this.attempts.begin(this.#now());
  }

  /** An attempt failed or a connection was lost: another one follows, at once the first time. */
  lost(failure: Failure): void {
    // Losing what worked begins a new series, and is no failure to get through.
    if (this.#phase.name === 'open' && this.#phase.link.useful) this.attempts.begin(this.#now());
    else this.attempts.failed(failure);
    const delay = this.attempts.delay(this.#visible && this.#online, this.#random);
    this.#phase = { name: 'down', retryAt: this.#clock.monotonic() + delay };
  }

  /** Ends the connection from this side, for a reason of this side. */
  giveUp(reason: CloseReason, failure: Failure): void {
    this.#drop(reason);
    // A connection that broke by what came over it counts as a failure, or it would be tried again without pause.
    if (this.#phase.name === 'open') {
      if (this.#phase.link.useful) this.attempts.begin(this.#now());
      this.#phase = { name: 'down', retryAt: undefined };
    }
    this.lost(failure);
  }

  /** The identity was given up: there is never another connection. */
  retire(): void {
    this.#drop('stopped');
    this.#phase = { name: 'retired' };
  }

  /** Tries again, or gives up, because time has passed. */
  keepTime(): void {
    const now = this.#now();
    const phase = this.#phase;
    const catchingUp = this.#isCatchingUp(now);
    switch (phase.name) {
      case 'down':
        if (this.#enabled && phase.retryAt !== undefined && now.monotonic >= phase.retryAt) this.#connect();
        return;
      case 'connecting':
        if (!catchingUp && now.monotonic - phase.since.monotonic >= CONNECT_TIMEOUT_MS)
          this.giveUp('silent', failures.noAnswer);
        return;
      case 'open':
        if (catchingUp) return;
        if (phase.link.silent(now)) this.giveUp('silent', failures.fellSilent);
        else if (isUnconfirmed(phase.link, now)) this.giveUp('silent', failures.unconfirmed);
        return;
      case 'retired':
        return;
    }
  }

  /** When {@link keepTime} may have something to do, in monotonic ms. */
  nextWake(): number | undefined {
    if (!this.#enabled) return undefined;
    const now = this.#clock.monotonic();
    const heartbeat = now + (this.#phase.name === 'open' ? HEARTBEAT_RESOLUTION_MS : PING_INTERVAL_MS);
    const retryAt = this.#phase.name === 'down' ? this.#phase.retryAt : undefined;
    return retryAt === undefined ? heartbeat : Math.min(heartbeat, retryAt);
  }

  /** Once only: where time is kept seldom, as in a hidden tab, the next time judges. */
  #isCatchingUp({ monotonic: now }: Instant): boolean {
    if (now - this.#keptAt > INATTENTION_MS) this.#judgeFrom ??= now + CATCHING_UP_MS;
    this.#keptAt = now;
    if (this.#judgeFrom !== undefined && now < this.#judgeFrom) return true;
    this.#judgeFrom = undefined;
    return false;
  }

  #connect(): void {
    this.#connections += 1;
    const connection = this.#connections;
    this.#phase = { name: 'connecting', connection, since: this.#now(), hello: undefined };
    this.#perform({ type: 'connect', connection });
  }

  /** Closes the transport; what it still says is ignored. */
  #drop(reason: CloseReason): void {
    if (this.#phase.name === 'down' || this.#phase.name === 'retired') return;
    const { connection } = this.#phase;
    this.#perform({ type: 'close', connection, code: closeCodes[reason], reason });
  }

  #now(): Instant {
    return instant(this.#clock);
  }
}

/** Acknowledgements are overdue for so long that another connection is worth more than waiting on this one. */
function isUnconfirmed({ waitingSince }: Link, now: Instant): boolean {
  const waited = waitingSince === undefined ? undefined : elapsed(waitingSince, now);
  return waited !== undefined && waited >= UNCONFIRMED_LIMIT_MS;
}
