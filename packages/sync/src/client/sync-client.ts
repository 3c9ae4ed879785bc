import { closeReasonByCode } from '@octavo/protocol/close-codes.ts';
import { decodeDownstream, encodeFrame } from '@octavo/protocol/frame.ts';
import type { DbVersion } from '@octavo/protocol/identity.ts';
import type {
  Cloud,
  Compression,
  Downstream,
  Hello,
  Rewind,
  Upstream,
  Welcome,
} from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Clock, Random } from '../environment.ts';
import { composeHello } from '../handshake.ts';
import type { Replica } from '../replica.ts';
import type { CloudFacts, Counts, SyncFacts, SyncState } from '../state.ts';
import type { StretchLimits } from '../storage/log-stretch.ts';
import { BATCH_LIMITS } from '../stream/outbound.ts';
import { cloudStanding } from './cloud-standing.ts';
import { Connector } from './connector.ts';
import type { ClientEffect, ClientEvent } from './events.ts';
import { lightFacts } from './facts.ts';
import { failureOfClose, failureOfError } from './failure.ts';
import { instant, type Instant } from './heartbeat.ts';
import { deriveState } from './light.ts';
import { Link } from './link.ts';
import { PendingCounter } from './pending-counter.ts';

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
 * without I/O: events in, effects out, to be performed in order.
 *
 * Throws `SqliteError` "trapped" when the database's instance is lost; the owner then opens the file and this anew.
 */
export class SyncClient {
  readonly #replica: Replica;
  readonly #clock: Clock;
  readonly #database: string;
  readonly #token: string | undefined;
  readonly #limits: StretchLimits;
  readonly #compressions: readonly Compression[];
  readonly #connector: Connector;
  readonly #pending: PendingCounter;
  /** Changes of this replica that the server has put aside, as it last said. */
  #attentionThere = 0;
  #serverHead: DbVersion | undefined;
  /** How the copy in the cloud is, as the server last said. */
  #cloud: Cloud | undefined;
  /** Whether the server takes nothing from here, as it last said. */
  #readOnly = false;
  #state: SyncState;
  #effects: ClientEffect[] = [];

  constructor(options: SyncClientOptions) {
    const { replica, clock, random, database, token, limits = BATCH_LIMITS, compressions = [] } = options;
    this.#replica = replica;
    this.#clock = clock;
    this.#database = database;
    this.#token = token;
    this.#limits = limits;
    this.#compressions = compressions;
    this.#connector = new Connector(clock, random, (effect) => this.#effects.push(effect));
    this.#pending = new PendingCounter(replica, clock);
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
      cloud: this.#cloud && this.#cloudFacts(this.#cloud),
      pendingByTable: this.#pending.byTable(),
    };
  }

  #cloudFacts({ through, confirmed }: Cloud): CloudFacts {
    const complete = this.#replica.clockTables.firstOwnAfter(confirmed) === undefined;
    return { through, confirmed, complete };
  }

  handle(event: ClientEvent): ClientEffect[] {
    try {
      this.#on(event);
      this.#keepTime();
    } catch (error) {
      const end = failureOfError(error);
      if (end === undefined) throw error;
      this.#connector.giveUp(end.reason, end.failure);
    }
    return this.#finish();
  }

  #on(event: ClientEvent): void {
    switch (event.type) {
      case 'start':
        this.#connector.start();
        return;
      case 'stop':
        this.#connector.stop();
        this.#pending.persist();
        return;
      case 'opened':
        if (this.#connector.isCurrent(event.connection)) this.#sayHello();
        return;
      case 'frame':
        if (this.#connector.isCurrent(event.connection))
          this.#onMessage(decodeDownstream(event.bytes), event.bytes.length);
        return;
      case 'closed':
        if (this.#connector.isCurrent(event.connection)) this.#onClosed(event.code, event.reason);
        return;
      case 'committed':
        this.#pending.invalidate();
        this.#send((link) => link.pump(this.#now()));
        return;
      case 'tick':
        return;
      case 'network':
        this.#connector.setOnline(event.online);
        if (event.online) this.#probe();
        return;
      case 'visibility':
        this.#connector.setVisible(event.visible);
        if (event.visible) this.#probe();
        return;
      case 'retry':
        this.#probe();
        return;
      case 'inflow':
        if (event.wanted) this.#stream((link) => link.release(this.#now()));
        else if (this.#connector.phase.name === 'open') this.#connector.phase.link.hold();
        return;
    }
  }

  // The handshake

  #sayHello(): void {
    const { phase } = this.#connector;
    if (phase.name !== 'connecting') return;
    const hello = composeHello(this.#replica, {
      database: this.#database,
      token: this.#token,
      compressions: this.#compressions,
    });
    this.#connector.greeted(hello);
    const frame = encodeFrame({ type: 'hello', ...hello });
    this.#effects.push({ type: 'send', connection: phase.connection, frame });
  }

  #onMessage(message: Downstream, bytes: number): void {
    const { phase } = this.#connector;
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
        this.#stream((link) => link.receive(message, bytes, this.#now()));
        return;
    }
  }

  /** The answer to the hello. */
  #onAnswer(message: Downstream, connection: number, hello: Hello): void {
    switch (message.type) {
      case 'welcome':
        this.#onWelcome(message, connection, hello);
        return;
      case 'rewind':
        this.#onRewind(message, hello);
        return;
      case 'reidentify':
        this.#retire(message.acknowledged);
        return;
      case 'refuse':
        this.#connector.refused(message);
        return;
      case 'batch':
      case 'ack':
      case 'pong':
      case 'cloud':
        throw new ProtocolError('unexpected', `"${message.type}" came before the welcome.`);
    }
  }

  #onWelcome(welcome: Welcome, connection: number, hello: Hello): void {
    const now = this.#now();
    if (this.#replica.lineage() === undefined) this.#replica.bookkeeping.setLineage(welcome.lineage);
    const link = new Link({
      replica: this.#replica,
      hello,
      welcome,
      now,
      limits: this.#limits,
      unacknowledged: () => this.#pending.unacknowledged(),
    });
    this.#connector.opened(connection, link);
    this.#readOnly = !welcome.mayWrite;
    this.#pending.follow(welcome.lineage, welcome.acknowledged);
    this.#send(() => link.beat(now, true));
    this.#closeOffer(link);
    this.#effects.push({ type: 'welcomed', backlog: welcome.backlog });
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

  /** This file is a copy of a replica that lives on elsewhere: it goes on under a new identity. */
  #retire(acknowledged: DbVersion): void {
    this.#connector.retire();
    this.#replica.giveUpIdentity(acknowledged);
    this.#effects.push({ type: 'reopen' });
  }

  #onClosed(code: number, reason: string): void {
    // This machine is alive and holds the file, so another one connected under the same identity: a copy [ID-2].
    if (closeReasonByCode(code) === 'superseded') this.#retire(this.#pending.acknowledgedThrough);
    else this.#connector.lost(failureOfClose(code, reason));
  }

  // The stream

  /** Lets the open link take something in, and does what follows from it. */
  #stream(take: (link: Link) => readonly Upstream[]): void {
    const { phase } = this.#connector;
    if (phase.name !== 'open') return;
    const { link } = phase;
    const { useful, conflicts } = link;
    this.#send(take);
    this.#pending.acknowledged(link.acknowledged);
    if (link.useful && !useful) this.#connector.proven();
    if (link.conflicts > conflicts) {
      this.#pending.invalidate();
      const lost = link.conflicts - conflicts;
      const newest = this.#replica.conflicts.list(Math.min(lost, CONFLICTS_TOLD_AT_MOST));
      this.#effects.push({ type: 'notice', notice: { kind: 'overwritten', lost, conflicts: newest } });
    }
    this.#closeOffer(link);
  }

  #closeOffer(link: Link): void {
    const returned = link.closeOffer(this.#now());
    if (returned === undefined) return;
    this.#pending.invalidate();
    this.#effects.push({ type: 'notice', notice: { kind: 'server-restored', returned } });
  }

  /** Somebody is looking, or the network is back: ask now instead of waiting. */
  #probe(): void {
    this.#send((link) => link.beat(this.#now(), true));
    this.#connector.tryNow();
  }

  /** Sends what the open link has to say. */
  #send(messagesOf: (link: Link) => readonly Upstream[]): void {
    const { phase } = this.#connector;
    if (phase.name !== 'open') return;
    const { connection, link } = phase;
    for (const message of messagesOf(link)) {
      const frame = encodeFrame(message, link.compression);
      if (message.type === 'batch') link.sent(frame.length);
      this.#effects.push({ type: 'send', connection, frame });
    }
  }

  // Time, and what is shown

  #keepTime(): void {
    this.#connector.keepTime();
    if (this.#connector.phase.name === 'retired') return;
    this.#send((link) => link.beat(this.#now(), false));
    this.#pending.keepTime();
  }

  #nextWake(): number | undefined {
    const due = [this.#connector.nextWake(), this.#pending.dueAt].filter((at) => at !== undefined);
    return due.length === 0 ? undefined : Math.min(...due);
  }

  #now(): Instant {
    return instant(this.#clock);
  }

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
      enabled: this.#connector.enabled,
      online: this.#connector.online,
      counts: this.#counts(),
      phase: this.#connector.phase,
      attempts: this.#connector.attempts,
    };
    return deriveState(lightFacts(standing, now), now);
  }

  #counts(): Counts {
    const { conflicts, quarantine } = this.#replica;
    const { phase } = this.#connector;
    if (phase.name === 'open') {
      this.#attentionThere = phase.link.attention;
      this.#serverHead = phase.link.serverHead;
      this.#cloud = phase.link.cloud ?? this.#cloud;
    }
    return {
      pending: this.#pending.count,
      // What the server has put aside of ours, and what is put aside here.
      attention: this.#attentionThere + quarantine.count(),
      conflicts: conflicts.count(),
      ...(this.#readOnly && { readOnly: true }),
      ...(this.#cloud !== undefined && { cloud: cloudStanding(this.#cloud) }),
    };
  }
}
