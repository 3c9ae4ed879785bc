import { closeCodes, closeReasonByCode, type CloseReason } from '@octavo/protocol/close-codes.ts';
import { decodeDownstream, encodeFrame } from '@octavo/protocol/frame.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { Compression, Downstream, Hello, Rewind, Upstream } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Clock, Random } from '../environment.ts';
import { composeHello } from '../handshake.ts';
import type { Replica } from '../replica.ts';
import type { Counts, Failure, SyncFacts, SyncState } from '../state.ts';
import type { StretchLimits } from '../storage/log-stretch.ts';
import { BATCH_LIMITS } from '../stream/outbound.ts';
import { Attempts } from './attempts.ts';
import type { ClientEffect, ClientEvent } from './events.ts';
import { lightFacts } from './facts.ts';
import { failureOfClose, failureOfError, failures } from './failure.ts';
import { elapsed, instant, type Instant, PING_INTERVAL_MS } from './heartbeat.ts';
import { deriveState } from './light.ts';
import { Link } from './link.ts';
import { PendingCounter } from './pending-counter.ts';
import type { Phase } from './phase.ts';

/** A connection that has not been welcomed or refused by then is given up. */
const CONNECT_TIMEOUT_MS = 5_000;
/** How often the state is derived again while nothing happens: proofs age and patience ends. */
const HEARTBEAT_RESOLUTION_MS = 250;
/** Acknowledgements that have not come by then will not come on this connection; it is shown as stuck long before. */
const UNCONFIRMED_LIMIT_MS = 20_000;
/** Of more edits that lost at once only the newest are told; all are in the history. */
const CONFLICTS_TOLD_AT_MOST = 20;

export interface SyncClientOptions {
  replica: Replica;
  clock: Clock;
  random: Random;
  /** The name of the database on the server. */
  database: string;
  token?: string;
  /** What a batch may hold. */
  limits?: StretchLimits;
  /** How batches may be compressed, where the server can do it too. */
  compressions?: readonly Compression[];
}

/**
 * The client's role: keeps one connection to the server, streams both ways, and knows what to show. A state machine
 * without I/O: events in, effects out, to be performed in order. Never two connections at a time.
 *
 * Throws `SqliteError` "trapped" when the database's instance is lost; the owner then opens the file and this anew.
 */
export class SyncClient {
  readonly #replica: Replica;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #database: string;
  readonly #token: string | undefined;
  readonly #limits: StretchLimits;
  readonly #compressions: readonly Compression[];
  readonly #pending: PendingCounter;

  #enabled = false;
  #online = true;
  #visible = true;
  #phase: Phase = { name: 'down', retryAt: undefined };
  #connections = 0;
  readonly #attempts: Attempts;
  /** Changes of this replica that the server has put aside, as it last said. */
  #attentionThere = 0;
  #serverHead: DbVersion | undefined;
  #state: SyncState;
  #effects: ClientEffect[] = [];

  constructor(options: SyncClientOptions) {
    const { replica, clock, random, database, token, limits = BATCH_LIMITS, compressions = [] } = options;
    this.#replica = replica;
    this.#clock = clock;
    this.#random = random;
    this.#database = database;
    this.#token = token;
    this.#limits = limits;
    this.#compressions = compressions;
    this.#pending = new PendingCounter(replica, clock);
    this.#attempts = new Attempts(instant(clock));
    this.#state = this.#derive();
  }

  get state(): SyncState {
    return this.#state;
  }

  /** What lies behind the state. Costs the size of the backlog. */
  get facts(): SyncFacts {
    const lineage = this.#replica.lineage();
    return {
      head: this.#replica.head(),
      acknowledged: this.#pending.acknowledgedThrough,
      serverHead: this.#serverHead,
      cursor: lineage === undefined ? 0n : this.#replica.bookkeeping.peer(lineage).cursor,
      pendingByTable: this.#pending.byTable(),
    };
  }

  handle(event: ClientEvent): ClientEffect[] {
    try {
      this.#on(event);
      this.#keepTime();
    } catch (error) {
      this.#onError(error);
    }
    return this.#finish();
  }

  #on(event: ClientEvent): void {
    switch (event.type) {
      case 'start':
        if (!this.#enabled) this.#start();
        break;
      case 'stop':
        this.#stop();
        break;
      case 'opened':
        if (this.#isCurrent(event.connection)) this.#sayHello();
        break;
      case 'frame':
        if (this.#isCurrent(event.connection))
          this.#onMessage(decodeDownstream(event.bytes), event.bytes.length);
        break;
      case 'closed':
        if (this.#isCurrent(event.connection)) this.#onClosed(event.code, event.reason);
        break;
      case 'committed':
        this.#pending.invalidate();
        if (this.#phase.name === 'open') this.#send(this.#phase.link.pump(this.#now()));
        break;
      case 'tick':
        break;
      case 'network':
        this.#onNetwork(event.online);
        break;
      case 'visibility':
        this.#visible = event.visible;
        if (event.visible) this.#probe();
        break;
      case 'retry':
        this.#probe();
        break;
    }
  }

  // Connecting

  #start(): void {
    this.#enabled = true;
    this.#attempts.begin(this.#now());
    this.#connect();
  }

  #stop(): void {
    this.#enabled = false;
    this.#dropConnection('stopped');
    this.#pending.persist();
    this.#attempts.forgetRefusal();
    this.#phase = { name: 'down', retryAt: undefined };
  }

  #connect(): void {
    this.#connections += 1;
    this.#phase = { name: 'connecting', connection: this.#connections, since: this.#now(), hello: undefined };
    this.#effects.push({ type: 'connect', connection: this.#connections });
  }

  #sayHello(): void {
    if (this.#phase.name !== 'connecting') return;
    const hello = composeHello(this.#replica, {
      database: this.#database,
      token: this.#token,
      compressions: this.#compressions,
    });
    const { connection } = this.#phase;
    this.#phase = { ...this.#phase, hello };
    this.#effects.push({ type: 'send', connection, frame: encodeFrame({ type: 'hello', ...hello }) });
  }

  /** An attempt failed or a connection was lost: try again, at once the first time. */
  #retryLater(failure: Failure): void {
    // Losing what worked begins a new series, and is no failure to get through.
    if (this.#phase.name === 'open' && this.#phase.link.useful) this.#attempts.begin(this.#now());
    else this.#attempts.failed(failure);
    const delay = this.#attempts.delay(this.#visible && this.#online, this.#random);
    this.#phase = { name: 'down', retryAt: this.#clock.monotonic() + delay };
  }

  /** Somebody is looking, or the network is back: ask now instead of waiting. */
  #probe(): void {
    if (!this.#enabled) return;
    if (this.#phase.name === 'open') this.#send(this.#phase.link.beat(this.#now(), true));
    else if (this.#phase.name === 'down') this.#connect();
  }

  #onNetwork(online: boolean): void {
    this.#online = online;
    if (online) {
      this.#attempts.begin(this.#now());
      this.#probe();
    } else if (this.#phase.name !== 'down') {
      this.#dropConnection('silent');
      this.#retryLater(failures.noNetwork);
    }
  }

  #onClosed(code: number, reason: string): void {
    // This machine is alive and holds the file, so another one connected under the same identity: a copy [ID-2].
    if (closeReasonByCode(code) === 'superseded') {
      this.#retire(this.#pending.acknowledgedThrough);
      return;
    }
    this.#retryLater(failureOfClose(code, reason));
  }

  /** Closes the transport from this side; what it still says is ignored. */
  #dropConnection(reason: CloseReason): void {
    if (this.#phase.name === 'down' || this.#phase.name === 'retired') return;
    const { connection } = this.#phase;
    this.#effects.push({ type: 'close', connection, code: closeCodes[reason], reason });
  }

  #isCurrent(connection: number): boolean {
    return (
      (this.#phase.name === 'connecting' || this.#phase.name === 'open') &&
      this.#phase.connection === connection
    );
  }

  /** This file is a copy of a replica that lives on elsewhere: it goes on under a new identity. */
  #retire(acknowledged: DbVersion): void {
    this.#dropConnection('stopped');
    this.#replica.giveUpIdentity(acknowledged);
    this.#phase = { name: 'retired' };
    this.#effects.push({ type: 'reopen' });
  }

  // Messages

  #onMessage(message: Downstream, bytes: number): void {
    const phase = this.#phase;
    switch (phase.name) {
      case 'down':
      case 'retired':
        return;
      case 'connecting':
        if (phase.hello === undefined)
          throw new ProtocolError('unexpected', `"${message.type}" came before the hello.`);
        this.#onAnswer(message, phase.connection, phase.hello);
        return;
      case 'open':
        this.#onStreamMessage(message, bytes, phase.link);
        return;
    }
  }

  #onStreamMessage(message: Downstream, bytes: number, link: Link): void {
    const { useful, conflicts } = link;
    this.#send(link.receive(message, bytes, this.#now()));
    this.#pending.acknowledged(link.acknowledged);
    if (link.useful && !useful) this.#attempts.begin(this.#now());
    if (link.conflicts > conflicts) {
      this.#pending.invalidate();
      const lost = link.conflicts - conflicts;
      const newest = this.#replica.conflicts.list(Math.min(lost, CONFLICTS_TOLD_AT_MOST));
      this.#effects.push({ type: 'notice', notice: { kind: 'overwritten', lost, conflicts: newest } });
    }
    this.#closeOffer(link);
  }

  /** The answer to the hello. */
  #onAnswer(message: Downstream, connection: number, hello: Hello): void {
    switch (message.type) {
      case 'welcome': {
        const now = this.#now();
        if (this.#replica.lineage() === undefined) this.#replica.bookkeeping.setLineage(message.lineage);
        const link = new Link({
          replica: this.#replica,
          hello,
          welcome: message,
          now,
          limits: this.#limits,
          unacknowledged: () => this.#pending.unacknowledged(),
        });
        this.#phase = { name: 'open', connection, link };
        this.#attempts.forgetRefusal();
        this.#online = true;
        this.#pending.follow(message.lineage, message.acknowledged);
        this.#send(link.beat(now, true));
        this.#closeOffer(link);
        return;
      }
      case 'rewind':
        this.#onRewind(message, hello);
        return;
      case 'reidentify':
        this.#retire(message.acknowledged);
        return;
      case 'refuse':
        this.#attempts.refused(message);
        this.#dropConnection('refused');
        this.#retryLater({ code: 'refused', message: message.message });
        return;
      case 'batch':
      case 'ack':
      case 'pong':
        throw new ProtocolError('unexpected', `"${message.type}" came before the welcome.`);
    }
  }

  /** The server fell back: go back with it, and say hello again with an offer of what it may have lost. */
  #onRewind(rewind: Rewind, hello: Hello): void {
    if (hello.lineage === undefined || rewind.to > hello.horizon) {
      throw new ProtocolError(
        'unexpected',
        'The server asked to rewind to where this replica has never been.',
      );
    }
    this.#replica.rewind(hello.lineage, rewind.to, rewind.offer);
    this.#pending.invalidate();
    this.#sayHello();
  }

  #closeOffer(link: Link): void {
    const returned = link.closeOffer();
    if (returned === undefined) return;
    this.#pending.invalidate();
    this.#effects.push({ type: 'notice', notice: { kind: 'server-restored', returned } });
  }

  #onError(error: unknown): void {
    const end = failureOfError(error);
    if (end === undefined) throw error;
    this.#giveUp(end.reason, end.failure);
  }

  #giveUp(reason: CloseReason, failure: Failure): void {
    this.#dropConnection(reason);
    // A connection that broke by what came over it counts as a failure, or it would be tried again without pause.
    if (this.#phase.name === 'open') {
      if (this.#phase.link.useful) this.#attempts.begin(this.#now());
      this.#phase = { name: 'down', retryAt: undefined };
    }
    this.#retryLater(failure);
  }

  #send(messages: readonly Upstream[]): void {
    if (this.#phase.name !== 'open') return;
    const { connection, link } = this.#phase;
    for (const message of messages) {
      const frame = encodeFrame(message, link.compression);
      if (message.type === 'batch') link.sent(frame.length);
      this.#effects.push({ type: 'send', connection, frame });
    }
  }

  // Time

  /** Everything that happens because time has passed. */
  #keepTime(): void {
    const now = this.#now();
    const phase = this.#phase;
    switch (phase.name) {
      case 'down':
        if (this.#enabled && phase.retryAt !== undefined && now.monotonic >= phase.retryAt) this.#connect();
        break;
      case 'connecting':
        if (now.monotonic - phase.since.monotonic >= CONNECT_TIMEOUT_MS)
          this.#giveUp('silent', failures.noAnswer);
        break;
      case 'open':
        if (phase.link.silent(now)) this.#giveUp('silent', failures.fellSilent);
        else if (this.#unconfirmed(phase.link, now)) this.#giveUp('silent', failures.unconfirmed);
        else this.#send(phase.link.beat(now, false));
        break;
      case 'retired':
        return;
    }
    this.#pending.keepTime();
  }

  /** Acknowledgements are overdue for so long that another connection is worth more than waiting on this one. */
  #unconfirmed({ waitingSince }: Link, now: Instant): boolean {
    const waited = waitingSince === undefined ? undefined : elapsed(waitingSince, now);
    return waited !== undefined && waited >= UNCONFIRMED_LIMIT_MS;
  }

  #nextWake(): number | undefined {
    const now = this.#clock.monotonic();
    const due: number[] = [];
    if (this.#enabled)
      due.push(now + (this.#phase.name === 'open' ? HEARTBEAT_RESOLUTION_MS : PING_INTERVAL_MS));
    if (this.#enabled && this.#phase.name === 'down' && this.#phase.retryAt !== undefined)
      due.push(this.#phase.retryAt);
    if (this.#pending.dueAt !== undefined) due.push(this.#pending.dueAt);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  #now(): Instant {
    return instant(this.#clock);
  }

  // Showing

  #finish(): ClientEffect[] {
    const state = this.#derive();
    if (JSON.stringify(state) !== JSON.stringify(this.#state)) this.#effects.push({ type: 'state', state });
    this.#state = state;
    this.#effects.push({ type: 'wake', at: this.#nextWake() });
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #derive(): SyncState {
    const now = this.#now();
    const standing = {
      enabled: this.#enabled,
      online: this.#online,
      counts: this.#counts(),
      phase: this.#phase,
      attempts: this.#attempts,
    };
    return deriveState(lightFacts(standing, now), now);
  }

  #counts(): Counts {
    const { conflicts, quarantine } = this.#replica;
    if (this.#phase.name === 'open') {
      this.#attentionThere = this.#phase.link.attention;
      this.#serverHead = this.#phase.link.serverHead;
    }
    return {
      pending: this.#pending.count,
      // What the server has put aside of ours, and what is put aside here.
      attention: this.#attentionThere + quarantine.count(),
      conflicts: conflicts.count(),
    };
  }
}
