import type { DbVersion } from '@octavo/protocol/identity.ts';
import type { Downstream, Upstream, Welcome } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Replica } from '../replica.ts';
import type { Progress } from '../state.ts';
import { Inbound } from '../stream/inbound.ts';
import { Outbound } from '../stream/outbound.ts';
import { Heartbeat, type Instant } from './heartbeat.ts';

/**
 * A client's connection after its welcome: both directions of the stream and the heartbeat. It returns the messages to
 * send and knows nothing of connecting, retrying or showing.
 */
export class Link {
  readonly #inbound: Inbound;
  readonly #outbound: Outbound;
  readonly #heartbeat: Heartbeat;
  /** The head offered at the handshake: the client is level when it has applied it. */
  readonly #offeredHead: DbVersion;
  #progress: Progress = { bytes: 0, changes: 0 };
  /** Since when something sent waits for its acknowledgement. */
  #waitingSince: Instant | undefined;

  constructor(replica: Replica, welcome: Welcome, now: Instant) {
    this.#inbound = new Inbound(replica, welcome.lineage, 'any');
    this.#outbound = new Outbound(replica, { role: 'server' }, welcome.acknowledged);
    this.#heartbeat = new Heartbeat(now);
    this.#offeredHead = welcome.head;
  }

  /** How far the server durably holds this replica's log. */
  get acknowledged(): DbVersion {
    return this.#outbound.acknowledged;
  }

  get level(): boolean {
    return this.#inbound.cursor >= this.#offeredHead;
  }

  get progress(): Progress {
    return this.#progress;
  }

  get waitingSince(): Instant | undefined {
    return this.#waitingSince;
  }

  proof(now: Instant): Instant | undefined {
    return this.#heartbeat.proof(now);
  }

  silent(now: Instant): boolean {
    return this.#heartbeat.silent(now);
  }

  /** Takes a message in. Throws what {@link Inbound.receive} and {@link Outbound.onAck} throw. */
  receive(message: Downstream, bytes: number, now: Instant): Upstream[] {
    this.#heartbeat.heard(now);
    switch (message.type) {
      case 'welcome':
      case 'refuse':
        throw new ProtocolError('unexpected', `"${message.type}" came after the handshake.`);
      case 'batch': {
        const changes = message.transactions.reduce(
          (sum, transaction) => sum + transaction.changes.length,
          0,
        );
        const ack = this.#inbound.receive(message);
        this.#heartbeat.applied(this.#inbound.cursor);
        this.#count(bytes, changes);
        return [{ type: 'ack', ...ack }, ...this.pump(now)];
      }
      case 'ack':
        this.#outbound.onAck(message);
        this.#waitingSince = this.#outbound.waiting ? now : undefined;
        return this.pump(now);
      case 'pong':
        this.#heartbeat.onPong(message);
        this.#heartbeat.applied(this.#inbound.cursor);
        return [];
    }
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
    return [
      ...this.pump(now),
      { type: 'ping', nonce: this.#heartbeat.ping(now, this.#outbound.concerned()) },
    ];
  }

  #count(bytes: number, changes: number): void {
    this.#progress = { bytes: this.#progress.bytes + bytes, changes: this.#progress.changes + changes };
  }
}
