import type { DbVersion, Lineage } from '@octavo/protocol/identity.ts';
import type {
  Ack,
  Cloud,
  Compression,
  Downstream,
  Hello,
  Upstream,
  Welcome,
} from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Replica } from '../replica.ts';
import type { Progress } from '../state.ts';
import type { StretchLimits } from '../storage/log-stretch.ts';
import { Inbound } from '../stream/inbound.ts';
import { Outbound } from '../stream/outbound.ts';
import { Heartbeat, type Instant } from './heartbeat.ts';

type Batch = Extract<Downstream, { type: 'batch' }>;

/** After a fall-back of the server everything since the last one before it is offered: many, so that it is little. */
const LEVEL_POINTS_KEPT = 512;

/** The server is told that so many versions hold nothing for it. */
const ADVANCE_AFTER_VERSIONS = 256n;

export interface LinkOptions {
  replica: Replica;
  hello: Hello;
  welcome: Welcome;
  now: Instant;
  /** What a batch may hold. */
  limits: StretchLimits;
  /** Above which version own edits are not acknowledged; undefined when there are none. */
  unacknowledged: () => DbVersion | undefined;
}

/**
 * A client's connection after its welcome: both directions of the stream and the heartbeat. It returns the messages to
 * send and knows nothing of connecting, retrying or showing.
 */
export class Link {
  /** How batches are compressed, as agreed in the handshake. */
  readonly compression: Compression | undefined;
  /** Whether the server takes changes from here. */
  readonly mayWrite: boolean;
  readonly #replica: Replica;
  readonly #lineage: Lineage;
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #heartbeat: Heartbeat;
  /** The head offered at the handshake: the client is level when it has applied it. */
  readonly #offeredHead: DbVersion;
  /** Whether an offer is open: what the server had lost is being returned. */
  #offering: boolean;
  /** When it was first seen that the server holds all of the offer. */
  #returnedAt: Instant | undefined;
  #news = 0;
  #attention: number;
  #serverHead: DbVersion;
  #cloud: Cloud | undefined;
  #progress: Progress;
  #useful = false;
  /** Since when something sent waits for its acknowledgement. */
  #waitingSince: Instant | undefined;
  /** At the beginning at once: a few versions may hold a whole catalogue, as in a file that was filled from a snapshot. */
  #advanceAfter = 1n;
  /** What came while nothing was wanted: no more than the server sends without an acknowledgement. */
  #held: { batch: Batch; bytes: number }[] | undefined;

  constructor({ replica, hello, welcome, now, limits, unacknowledged }: LinkOptions) {
    const offeredThrough = hello.offer?.through ?? 0n;
    this.#replica = replica;
    this.#lineage = welcome.lineage;
    this.compression = welcome.compression;
    this.mayWrite = welcome.mayWrite;
    this.#inbound = new Inbound(replica, {
      peer: welcome.lineage,
      authors: 'any',
      offeredThrough: 0n,
      epochs: welcome.epochs,
      levelPointsKept: LEVEL_POINTS_KEPT,
      unacknowledged,
    });
    this.#outbound = new Outbound(replica, {
      audience: { role: 'server', offeredThrough },
      from: welcome.acknowledged,
      epochsToldThrough: hello.head,
      staged: welcome.staged,
      backfill: undefined,
      limits,
      withhold: !welcome.mayWrite,
    });
    this.#progress = { bytes: 0, changes: 0, total: welcome.backlog + this.#outbound.backlog() };
    this.#heartbeat = new Heartbeat(now);
    this.#offeredHead = welcome.head;
    this.#offering = hello.offer !== undefined;
    this.#attention = welcome.attention;
    this.#serverHead = welcome.head;
  }

  /** The server's head, as far as it concerns this client, as it last said. */
  get serverHead(): DbVersion {
    return this.#serverHead;
  }

  /** How the copy in the cloud is, as the server has said on this connection. */
  get cloud(): Cloud | undefined {
    return this.#cloud;
  }

  /** Changes of this replica that the server has put aside, as it last said. */
  get attention(): number {
    return this.#attention;
  }

  /** How far the server durably holds this replica's log. */
  get acknowledged(): DbVersion {
    return this.#outbound.acknowledged;
  }

  get level(): boolean {
    return this.#inbound.complete >= this.#offeredHead;
  }

  /** Whether anything has got through: a proof, or an acknowledgement of something new. */
  get useful(): boolean {
    return this.#useful;
  }

  /** Own edits that have lost since the connection stood, before the server had them. */
  get conflicts(): number {
    return this.#inbound.conflicts;
  }

  get progress(): Progress {
    return this.#progress;
  }

  get waitingSince(): Instant | undefined {
    return this.#waitingSince;
  }

  /**
   * Ends the offer once the server has acknowledged it to its end and this replica has since been level with it, and returns
   * how many changes the server had lost [EP-6]; undefined while there is nothing to say. Until it is level, its horizon
   * does not cover what was returned: only the offer would find out that the server has lost it again [OF-1].
   */
  closeOffer(now: Instant): number | undefined {
    if (!this.#offering) return undefined;
    const offer = this.#replica.offers.open(this.#lineage);
    if (
      offer !== undefined &&
      this.acknowledged < offer.through &&
      this.#outbound.concerned() > this.acknowledged
    )
      return undefined;
    const returnedAt = (this.#returnedAt ??= now);
    const proof = this.proof(now);
    if (proof === undefined || proof.monotonic < returnedAt.monotonic) return undefined;
    this.#offering = false;
    this.#replica.offers.close(this.#lineage);
    return offer?.returned ?? 0;
  }

  proof(now: Instant): Instant | undefined {
    return this.#heartbeat.proof(now);
  }

  silent(now: Instant): boolean {
    return this.#heartbeat.silent(now);
  }

  /** A frame of so many bytes goes out. */
  sent(bytes: number): void {
    this.#count(bytes, 0);
  }

  /** Takes a message in. Throws what {@link Inbound.receive} and {@link Outbound.onAck} throw. */
  receive(message: Downstream, bytes: number, now: Instant): Upstream[] {
    this.#heartbeat.heard(now);
    switch (message.type) {
      case 'welcome':
      case 'refuse':
      case 'rewind':
      case 'reidentify':
        throw new ProtocolError('unexpected', `"${message.type}" came after the handshake.`);
      case 'batch':
        if (this.#held === undefined) return this.#take(message, bytes, now);
        this.#held.push({ batch: message, bytes });
        return [];
      case 'ack':
        if (message.through > this.#outbound.acknowledged) this.#useful = true;
        this.#outbound.onAck(message);
        this.#attention = message.attention;
        this.#waitingSince = this.#outbound.waiting ? now : undefined;
        if (this.#offering) this.#countReturned(message);
        return this.pump(now);
      case 'pong':
        this.#heartbeat.onPong(message);
        this.#outbound.holds(message.acknowledged);
        this.#attention = message.attention;
        this.#applied(now);
        return [];
      case 'cloud':
        this.#cloud = message;
        return [];
    }
  }

  /** From now on batches wait. */
  hold(): void {
    this.#held ??= [];
  }

  /** Takes in what has waited, and what comes. Throws what {@link Inbound.receive} throws. */
  release(now: Instant): Upstream[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held.flatMap(({ batch, bytes }) => this.#take(batch, bytes, now));
  }

  /** What this replica has to send, as far as the window allows. */
  pump(now: Instant): Upstream[] {
    const messages: Upstream[] = [];
    for (let batch = this.#outbound.next(); batch !== undefined; batch = this.#outbound.next()) {
      messages.push({ type: 'batch', ...batch });
      this.#waitingSince ??= now;
      this.#count(
        0,
        batch.transactions.reduce((sum, transaction) => sum + transaction.changes.length, 0),
      );
    }
    return messages;
  }

  /** The ping, when it is due or wanted. */
  beat(now: Instant, wanted: boolean): Upstream[] {
    if (!wanted && !this.#heartbeat.due(now)) return [];
    const messages = this.pump(now);
    // Mostly the log is others' work. The count of what is pending goes through all of it that is not acknowledged.
    const advance = this.#outbound.advance(this.#advanceAfter);
    this.#advanceAfter = ADVANCE_AFTER_VERSIONS;
    if (advance !== undefined) messages.push({ type: 'batch', ...advance });
    return [...messages, { type: 'ping', nonce: this.#heartbeat.ping(now, this.#outbound.concerned()) }];
  }

  #take(batch: Batch, bytes: number, now: Instant): Upstream[] {
    const changes = batch.transactions.reduce((sum, transaction) => sum + transaction.changes.length, 0);
    const ack = this.#inbound.receive(batch);
    this.#applied(now);
    this.#count(bytes, changes);
    return [{ type: 'ack', ...ack }, ...this.pump(now)];
  }

  #applied(now: Instant): void {
    this.#heartbeat.applied(this.#inbound.complete);
    if (this.proof(now) !== undefined) this.#useful = true;
  }

  #countReturned(ack: Ack): void {
    if (ack.news > this.#news) this.#replica.offers.count(this.#lineage, ack.news - this.#news);
    this.#news = ack.news;
  }

  #count(bytes: number, changes: number): void {
    const { bytes: bytesBefore, changes: changesBefore, total } = this.#progress;
    const exchanged = changesBefore + changes;
    this.#progress = { bytes: bytesBefore + bytes, changes: exchanged, total: Math.max(total, exchanged) };
  }
}
