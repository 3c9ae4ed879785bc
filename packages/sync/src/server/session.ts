import { closeReasonOf, type CloseReason } from '@octavo/protocol/close-codes.ts';
import type { Batch } from '@octavo/protocol/batch.ts';
import { decodeUpstream } from '@octavo/protocol/frame.ts';
import { ID_BYTES, type SiteId } from '@octavo/protocol/identity.ts';
import {
  type Compression,
  compressions,
  type Downstream,
  type Hello,
  type Offer,
  type Upstream,
} from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { KNOWS_CLOUD } from '@octavo/protocol/version.ts';
import { SqliteError, type SqliteFailure } from '@octavo/crsqlite/errors.ts';
import type { Random } from '../environment.ts';
import { answerHello } from '../handshake.ts';
import type { Replica } from '../replica.ts';
import type { Audience } from '../storage/log-reader.ts';
import type { StretchLimits } from '../storage/log-stretch.ts';
import { InvalidChangeError } from '../storage/validate-change.ts';
import { changesIn } from '../stream/changes-in.ts';
import { Inbound } from '../stream/inbound.ts';
import { Outbound } from '../stream/outbound.ts';
import type { CloudReport } from './cloud-news.ts';

/** Enough for a client that is restored from a copy of yesterday; an older one sends more than it must. */
const LEVEL_POINTS_KEPT = 16;

/** What a session wants done, in order. */
export type SessionOutput =
  { type: 'send'; message: Downstream } | { type: 'close'; reason: CloseReason; message: string };

type Phase =
  /** Of this site once a hello was answered by a rewind: the next one completes the handshake. */
  | { name: 'awaiting-hello'; siteId: SiteId | undefined }
  | {
      name: 'open';
      siteId: SiteId;
      inbound: Inbound;
      outbound: Outbound;
      compression: Compression | undefined;
      /** Whether the client knows the message that tells how the copy is. */
      knowsCloud: boolean;
    }
  | { name: 'closed' };

export interface SessionOptions {
  random: Random;
  /** What a batch may hold. */
  limits: StretchLimits;
  /** Whether changes are taken from this client. */
  mayWrite: boolean;
  /** How the copy outside is; undefined while nothing is known. */
  cloud: () => CloudReport | undefined;
  /** Makes this the only connection of a site. False when a newer one is that already. */
  claim: (siteId: SiteId) => boolean;
}

/** One client's connection to a server's database. */
export class Session {
  readonly #replica: Replica;
  readonly #random: Random;
  readonly #limits: StretchLimits;
  readonly #mayWrite: boolean;
  readonly #cloud: SessionOptions['cloud'];
  readonly #claim: SessionOptions['claim'];
  #changesReceived = 0;
  #phase: Phase = { name: 'awaiting-hello', siteId: undefined };
  #output: SessionOutput[] = [];

  constructor(replica: Replica, { random, limits, mayWrite, cloud, claim }: SessionOptions) {
    this.#replica = replica;
    this.#random = random;
    this.#limits = limits;
    this.#mayWrite = mayWrite;
    this.#cloud = cloud;
    this.#claim = claim;
  }

  /** Changes that were taken in. */
  get changesReceived(): number {
    return this.#changesReceived;
  }

  /** Who is at the other end, once a hello was accepted, also when it was asked to rewind first. */
  get siteId(): SiteId | undefined {
    return this.#phase.name === 'closed' ? undefined : this.#phase.siteId;
  }

  /** Whether the handshake is done. */
  get open(): boolean {
    return this.#phase.name === 'open';
  }

  /** How batches are compressed, as agreed in the handshake. */
  get compression(): Compression | undefined {
    return this.#phase.name === 'open' ? this.#phase.compression : undefined;
  }

  receive(frame: Uint8Array): SessionOutput[] {
    try {
      this.#onMessage(decodeUpstream(frame));
    } catch (error) {
      this.#onError(error);
    }
    return this.#take();
  }

  /** Sends what the log has for this client, as far as the window allows. */
  pump(): SessionOutput[] {
    try {
      this.#pump();
    } catch (error) {
      this.#onError(error);
    }
    return this.#take();
  }

  /** Tells the client how the copy outside is, if it is connected and can understand it. */
  tellCloud(report: CloudReport): SessionOutput[] {
    this.#tellCloud(report);
    return this.#take();
  }

  close(reason: CloseReason, message: string): SessionOutput[] {
    this.#close(reason, message);
    return this.#take();
  }

  #onMessage(message: Upstream): void {
    const phase = this.#phase;
    switch (phase.name) {
      case 'closed':
        return;
      case 'awaiting-hello':
        if (message.type !== 'hello')
          throw new ProtocolError('unexpected', `"${message.type}" came before the hello.`);
        this.#onHello(message);
        return;
      case 'open':
        switch (message.type) {
          case 'hello':
            throw new ProtocolError('unexpected', 'A second hello came.');
          case 'batch':
            this.#onBatch(message, phase.inbound);
            return;
          case 'ack':
            phase.outbound.onAck(message);
            this.#pump();
            return;
          case 'ping':
            this.#onPing(message.nonce, phase.inbound, phase.outbound);
            return;
        }
    }
  }

  #onBatch(batch: Batch, inbound: Inbound): void {
    const changes = changesIn(batch);
    if (changes > 0 && !this.#mayWrite) {
      this.#close('read-only', 'Changes came from a client that may only read. Nothing of them was kept.');
      return;
    }
    this.#send({ type: 'ack', ...inbound.receive(batch) });
    this.#changesReceived += changes;
  }

  #onHello(hello: Hello): void {
    const { bookkeeping, levelPoints, offers, rewinds } = this.#replica;
    const answer = answerHello(hello, {
      lineage: this.#replica.foundLineage(),
      head: this.#replica.head(),
      epochs: this.#replica.epochs(),
      schema: this.#replica.schema,
      ofClient: {
        epochs: bookkeeping.peerEpochs(hello.siteId),
        position: bookkeeping.peer(hello.siteId).horizon,
      },
      levelWithClient: (version) => levelPoints.atOrBelow(hello.siteId, version).cursor,
      takenBackTo: (lineage) => rewinds.takenBackTo(lineage),
      issuedOffer: offers.issued(hello.siteId)?.id,
    });
    switch (answer.type) {
      case 'refuse':
        this.#send(answer);
        this.#close('refused', answer.message);
        return;
      case 'reidentify':
        this.#send(answer);
        return;
      case 'rewind':
        if (!this.#isNewest(hello.siteId)) return;
        this.#phase = { name: 'awaiting-hello', siteId: hello.siteId };
        this.#send({ ...answer, offer: this.#issueOffer(hello.siteId) });
        return;
      case 'welcome':
        if (!this.#isNewest(hello.siteId)) return;
        if (hello.offer !== undefined) this.#beginOffer(hello.siteId, hello.offer);
        this.#open(hello);
        return;
    }
  }

  /** Two connections of one site would take each other's offers away, and each other's positions [ID-2]. */
  #isNewest(siteId: SiteId): boolean {
    if (this.#claim(siteId)) return true;
    this.#close('superseded', 'A newer connection of this replica is there.');
    return false;
  }

  #open(hello: Hello): void {
    const replica = this.#replica;
    const { siteId, cursor, epochs, offer, backfill } = hello;
    const head = replica.head();
    const inbound = new Inbound(replica, {
      peer: siteId,
      authors: { only: siteId },
      offeredThrough: offer?.through ?? 0n,
      epochs,
      levelPointsKept: LEVEL_POINTS_KEPT,
      unacknowledged: () => undefined,
    });
    const outbound = new Outbound(replica, {
      audience: this.#audience(hello, 0),
      from: cursor,
      epochsToldThrough: head,
      staged: hello.staged,
      backfill:
        backfill === undefined
          ? undefined
          : { audience: this.#audience(hello, backfill.since), from: backfill.through },
      limits: this.#limits,
      withhold: false,
    });
    const compression = compressions.find((known) => hello.compressions.includes(known));
    this.#send({
      type: 'welcome',
      siteId: replica.siteId,
      lineage: replica.foundLineage(),
      epochs: [...replica.epochs()],
      head,
      schemaVersion: replica.schema.version,
      acknowledged: inbound.cursor,
      staged: replica.staging.of(siteId),
      backlog: outbound.backlog(),
      compression,
      attention: inbound.attention(),
      mayWrite: this.#mayWrite,
    });
    const knowsCloud = hello.protocolVersion >= KNOWS_CLOUD;
    this.#phase = { name: 'open', siteId, inbound, outbound, compression, knowsCloud };
    const report = this.#cloud();
    if (report !== undefined) this.#tellCloud(report);
    this.#pump();
  }

  /** What was here of the client's log when this one ended where the copy does, is in the copy. */
  #tellCloud(report: CloudReport): void {
    if (this.#phase.name !== 'open' || !this.#phase.knowsCloud) return;
    const { siteId } = this.#phase;
    const { cursor } = this.#replica.levelPoints.heldAt(siteId, report.through);
    this.#send({ type: 'cloud', ...report, confirmed: cursor });
  }

  /** A client gets the columns that it knows; for a backfill those that came after a version of the schema [HS-2]. */
  #audience({ siteId, schemaVersion }: Hello, since: number): Audience {
    const knowsAll = schemaVersion === this.#replica.schema.version && since === 0;
    const columns = knowsAll ? 'all' : this.#replica.schemaHistory.between(since, schemaVersion);
    return { role: 'client', siteId, columns };
  }

  /** Asks a client to return what this server lost, under an id that is on disk before it is told. */
  #issueOffer(siteId: SiteId): Uint8Array {
    const id = this.#random.bytes(ID_BYTES);
    this.#replica.offers.issue(siteId, id);
    return id;
  }

  /** Lowers the cursor in the client's log to where its offer begins: once, since it may be resumed [OF-1]. */
  #beginOffer(siteId: SiteId, offer: Offer): void {
    const { bookkeeping, offers } = this.#replica;
    if (offers.issued(siteId)?.begun !== false) return;
    this.#replica.write(() => {
      this.#replica.staging.clear(siteId);
      const { cursor, horizon } = bookkeeping.peer(siteId);
      if (offer.from < cursor) {
        bookkeeping.setPosition(siteId, { cursor: offer.from, horizon });
      }
      offers.markBegun(siteId);
    });
  }

  #onPing(nonce: number, inbound: Inbound, outbound: Outbound): void {
    this.#pump();
    const advance = outbound.advance();
    if (advance !== undefined) this.#send({ type: 'batch', ...advance });
    this.#send({
      type: 'pong',
      nonce,
      head: outbound.concerned(),
      acknowledged: inbound.cursor,
      attention: inbound.attention(),
    });
  }

  #pump(): void {
    if (this.#phase.name !== 'open') return;
    const { outbound } = this.#phase;
    for (let batch = outbound.next(); batch !== undefined; batch = outbound.next())
      this.#send({ type: 'batch', ...batch });
  }

  #onError(error: unknown): void {
    if (error instanceof ProtocolError) this.#close(closeReasonOf(error), error.message);
    else if (error instanceof InvalidChangeError) this.#close('invalid-change', error.message);
    else if (error instanceof SqliteError && !endsInstance(error.failure))
      this.#close('database-failed', error.message);
    else throw error;
  }

  #send(message: Downstream): void {
    this.#output.push({ type: 'send', message });
  }

  #close(reason: CloseReason, message: string): void {
    if (this.#phase.name === 'closed') return;
    this.#phase = { name: 'closed' };
    this.#output.push({ type: 'close', reason, message });
  }

  #take(): SessionOutput[] {
    const output = this.#output;
    this.#output = [];
    return output;
  }
}

/** After these no session can rely on the database any more, whichever was the first to meet it [QU-3]. */
function endsInstance(failure: SqliteFailure): boolean {
  return failure === 'trapped' || failure === 'corrupt' || failure === 'io';
}
