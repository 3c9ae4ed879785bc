import { closeCodes, type CloseReason } from '@octavo/protocol/close-codes.ts';
import { encodeFrame } from '@octavo/protocol/frame.ts';
import { type SiteId, toHex } from '@octavo/protocol/identity.ts';
import { HANDSHAKE_TIMEOUT_MS } from '@octavo/protocol/limits.ts';
import type { Clock, Random } from '../environment.ts';
import type { Replica } from '../replica.ts';
import { CloudNews } from './cloud-news.ts';
import type { ServerEffect, ServerEvent } from './events.ts';
import type { StretchLimits } from '../storage/log-stretch.ts';
import { BATCH_LIMITS } from '../stream/outbound.ts';
import { changesIn } from '../stream/changes-in.ts';
import { Session, type SessionOutput } from './session.ts';

/** Clients ping every second, hidden tabs perhaps once a minute: beyond this the other end is gone. */
const SILENCE_LIMIT_MS = 90_000;

interface Connection {
  session: Session;
  /** Monotonic time of the opening and of the last frame. */
  openedAt: number;
  heardAt: number;
}

export interface SyncServerOptions {
  replica: Replica;
  clock: Clock;
  random: Random;
  /** What a batch may hold. */
  limits?: StretchLimits;
}

/**
 * The server's role for one database: any number of connections, each a {@link Session}, over one replica. A state
 * machine without I/O: events in, effects out, to be performed in order.
 *
 * An error that escapes {@link handle} means that the database's instance is lost (`SqliteError` "trapped", "corrupt", "io")
 * or that the engine is broken; the owner drops this object, closes all connections and opens the file again.
 */
export class SyncServer {
  readonly #replica: Replica;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #limits: StretchLimits;
  readonly #connections = new Map<number, Connection>();
  readonly #cloud = new CloudNews();
  #effects: ServerEffect[] = [];
  #changesReceived = 0;
  /** The head up to which every session has been pumped. */
  #pumpedHead = -1n;

  constructor({ replica, clock, random, limits = BATCH_LIMITS }: SyncServerOptions) {
    this.#replica = replica;
    this.#limits = limits;
    this.#clock = clock;
    this.#random = random;
  }

  /** Changes that clients have sent and that were taken in, since this object was made. */
  get changesReceived(): number {
    return this.#changesReceived;
  }

  /** Connections that have not ended. */
  get connections(): number {
    return this.#connections.size;
  }

  handle(event: ServerEvent): ServerEffect[] {
    switch (event.type) {
      case 'opened':
        this.#open(event);
        break;
      case 'frame':
        this.#onFrame(event.connection, event.bytes);
        break;
      case 'closed':
        this.#connections.delete(event.connection);
        break;
      case 'committed':
        break;
      case 'cloud':
        this.#cloud.set(event.report, this.#clock.monotonic());
        break;
      case 'tick':
        this.#closeSilent();
        break;
      case 'stop':
        for (const [connection, { session }] of this.#connections) {
          this.#perform(connection, session.close(event.reason, 'The server is closing this connection.'));
        }
        break;
    }
    if (event.type !== 'frame' || event.more !== true) this.#spreadNews();
    this.#spreadCloud();
    this.#effects.push({ type: 'wake', at: this.#nextWake() });
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  #open({ connection, mayWrite }: Extract<ServerEvent, { type: 'opened' }>): void {
    const now = this.#clock.monotonic();
    this.#connections.set(connection, {
      session: new Session(this.#replica, {
        random: this.#random,
        limits: this.#limits,
        mayWrite,
        cloud: () => this.#cloud.current,
        claim: (siteId) => this.#claim(connection, siteId),
      }),
      openedAt: now,
      heardAt: now,
    });
  }

  #onFrame(connection: number, bytes: Uint8Array): void {
    const known = this.#connections.get(connection);
    if (known === undefined) return;
    known.heardAt = this.#clock.monotonic();
    const { changesReceived: before } = known.session;
    const output = known.session.receive(bytes);
    const taken = known.session.changesReceived - before;
    this.#changesReceived += taken;
    this.#perform(connection, output, taken);
  }

  /**
   * The newest accepted connection of a site ends the older ones, and is not ended by what comes late on one of them:
   * changing the network is not a second device [ID-2].
   */
  #claim(claimant: number, siteId: SiteId): boolean {
    const site = toHex(siteId);
    const others = [...this.#connections].filter(
      ([connection, { session }]) =>
        connection !== claimant && session.siteId !== undefined && toHex(session.siteId) === site,
    );
    if (others.some(([connection]) => connection > claimant)) return false;
    for (const [connection, { session }] of others)
      this.#perform(connection, session.close('superseded', 'A newer connection of this replica took over.'));
    return true;
  }

  /** Whoever committed, every session hears of it. */
  #spreadNews(): void {
    if (this.#connections.size === 0) return;
    const head = this.#replica.head();
    if (head === this.#pumpedHead) return;
    this.#pumpedHead = head;
    for (const [connection, { session }] of this.#connections) this.#perform(connection, session.pump());
  }

  /** How the copy is, where that is news [CC-5]. */
  #spreadCloud(): void {
    const report = this.#cloud.take(this.#clock.monotonic());
    if (report === undefined) return;
    for (const [connection, { session }] of this.#connections)
      this.#perform(connection, session.tellCloud(report));
  }

  #closeSilent(): void {
    const now = this.#clock.monotonic();
    for (const [connection, { session, openedAt, heardAt }] of this.#connections) {
      if (!session.open && now - openedAt >= HANDSHAKE_TIMEOUT_MS) {
        this.#perform(connection, session.close('handshake-timeout', 'No handshake came.'));
      } else if (now - heardAt >= SILENCE_LIMIT_MS) {
        this.#perform(connection, session.close('silent', 'Nothing was heard for too long.'));
      }
    }
  }

  #nextWake(): number | undefined {
    let next = this.#cloud.dueAt;
    for (const { session, openedAt, heardAt } of this.#connections.values()) {
      const due = !session.open ? openedAt + HANDSHAKE_TIMEOUT_MS : heardAt + SILENCE_LIMIT_MS;
      if (next === undefined || due < next) next = due;
    }
    return next;
  }

  #perform(connection: number, output: readonly SessionOutput[], taken = 0): void {
    const compression = this.#connections.get(connection)?.session.compression;
    for (const step of output) {
      switch (step.type) {
        case 'send':
          this.#effects.push({
            type: 'send',
            connection,
            frame: encodeFrame(step.message, compression),
            changes: step.message.type === 'batch' ? changesIn(step.message) : 0,
            taken: step.message.type === 'ack' ? taken : 0,
          });
          break;
        case 'close':
          this.#close(connection, step.reason, step.message);
          break;
      }
    }
  }

  #close(connection: number, reason: CloseReason, message: string): void {
    this.#connections.delete(connection);
    this.#effects.push({ type: 'close', connection, code: closeCodes[reason], reason, message });
  }
}
