import { closeCodes, type CloseReason, closeReasonOf } from '@octavo/protocol/close-codes.ts';
import { decodeHello, encodeFrame } from '@octavo/protocol/frame.ts';
import { MAX_BATCHES_IN_FLIGHT, MAX_FRAME_BYTES } from '@octavo/protocol/limits.ts';
import type { Hello, RefuseReason } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Logger } from 'pino';
import type { RawData } from 'ws';
import type { Principal } from '../auth/principal.ts';
import type { Attachment } from '../databases/databases-interface.ts';
import type { ConnectionEffect, FrameReport } from '../databases/host-interface.ts';
import type { ChangeBudget } from '../limits/change-budget.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { HeldAcks } from './held-acks.ts';
import type { Reception } from './reception.ts';
import type { SyncSocket } from './sync-socket.ts';

/** An honest client has this many batches under way, and a few small messages between them. */
const MAX_FRAMES_UNDER_WAY = 2 * MAX_BATCHES_IN_FLIGHT;
/** A client that does not read what it is sent is not listened to until it does. */
const MAX_UNSENT_BYTES = 2 * MAX_FRAME_BYTES;

type Phase =
  | { name: 'awaiting-hello'; timer: NodeJS.Timeout }
  /** Who this is is being found out, and the database opened; what the client says meanwhile waits. */
  | { name: 'attaching'; waiting: Uint8Array<ArrayBuffer>[] }
  | { name: 'attached'; attachment: Attachment; database: string; budget: ChangeBudget }
  | { name: 'closed' };

export interface SyncConnectionOptions {
  socket: SyncSocket;
  reception: Reception;
  handshakeMs: number;
  metrics: Metrics;
  logger: Logger;
}

/**
 * One client's WebSocket: has its first frame judged, then carries frames between it and its database. It decides
 * nothing about replication; that is the engine's, in the database's thread.
 */
export class SyncConnection {
  readonly #socket: SyncSocket;
  readonly #options: SyncConnectionOptions;
  readonly #logger: Logger;
  #phase: Phase;
  #principal: Principal | undefined;
  #framesUnderWay = 0;
  readonly #heldAcks = new HeldAcks((frame) => this.#send(frame));
  /** Called once, when the connection gives back what it holds. */
  #release: () => void = () => undefined;

  constructor(options: SyncConnectionOptions) {
    const { socket, handshakeMs, logger, metrics } = options;
    this.#options = options;
    this.#socket = socket;
    this.#logger = logger;
    const timer = setTimeout(() => {
      metrics.limited('handshake-time');
      this.close('handshake-timeout', 'No handshake came.');
    }, handshakeMs);
    this.#phase = { name: 'awaiting-hello', timer };
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('close', () => this.#leave());
    // A 'close' follows every error of a socket.
    socket.on('error', (error: Error & { code?: string }) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') metrics.limited('frame');
      logger.debug({ err: error }, 'connection error');
    });
  }

  get state(): Phase['name'] {
    return this.#phase.name;
  }

  /** On whose behalf it syncs, once that is known. */
  get principal(): Principal | undefined {
    return this.#principal;
  }

  /** Ends the connection from this side. */
  close(reason: CloseReason, message: string): void {
    if (this.#phase.name !== 'closed') this.#options.metrics.connectionClosed(reason);
    this.#leave();
    this.#socket.close(closeCodes[reason], message);
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!isBinary) {
      this.close('malformed', 'A text frame came; this protocol is binary.');
      return;
    }
    const phase = this.#phase;
    switch (phase.name) {
      case 'awaiting-hello':
        clearTimeout(phase.timer);
        this.#begin(ownBytes(data));
        break;
      case 'attaching':
        phase.waiting.push(ownBytes(data));
        break;
      case 'attached':
        this.#forward(phase.attachment, phase.database, ownBytes(data));
        break;
      case 'closed':
        break;
    }
  }

  #begin(bytes: Uint8Array<ArrayBuffer>): void {
    let hello: Hello;
    try {
      hello = decodeHello(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.close(closeReasonOf(error), error.message);
      } else {
        // A fault of the decoder. Whoever found the bytes that show it must not stop the server with them.
        this.#logger.error({ err: error }, 'a first frame could not be decoded');
        this.close('malformed', 'The first frame could not be decoded.');
      }
      return;
    }
    this.#phase = { name: 'attaching', waiting: [bytes] };
    this.#regulate();
    this.#attach(hello).catch((error: unknown) => {
      this.#logger.error({ err: error }, 'a connection could not be begun');
      this.#refuse('database-unavailable', 'The server could not begin this connection.');
    });
  }

  async #attach(hello: Hello): Promise<void> {
    const answer = await this.#options.reception.receive(hello, (effect) => this.#perform(effect));
    if (answer.type === 'refuse') {
      this.#refuse(answer.reason, answer.message);
      return;
    }
    const { attachment, principal, budget, release } = answer;
    if (this.#phase.name !== 'attaching') {
      attachment.detach();
      release();
      return;
    }
    this.#release = release;
    this.#principal = principal;
    const { waiting } = this.#phase;
    this.#phase = { name: 'attached', attachment, database: hello.database, budget };
    for (const bytes of waiting) this.#forward(attachment, hello.database, bytes);
    this.#regulate();
  }

  #forward(attachment: Attachment, database: string, bytes: Uint8Array<ArrayBuffer>): void {
    const began = performance.now();
    this.#framesUnderWay += 1;
    this.#regulate();
    attachment
      .receive(bytes)
      .then((report) => this.#account(report, database, performance.now() - began))
      .catch((error: unknown) => {
        this.#logger.error({ err: error }, 'a frame was not handled');
        this.close('database-failed', error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        this.#framesUnderWay -= 1;
        this.#regulate();
      });
  }

  #account({ changes, milliseconds }: FrameReport, database: string, ackMs: number): void {
    if (changes === 0) return;
    const { metrics } = this.#options;
    metrics.changesReceived(database, changes);
    metrics.acknowledged({ mergeMs: milliseconds, ackMs });
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'send':
        if (effect.changes > 0 && this.#phase.name === 'attached')
          this.#options.metrics.changesSent(this.#phase.database, effect.changes);
        if (effect.taken > 0 && this.#phase.name === 'attached')
          this.#acknowledge(effect.frame, effect.taken, this.#phase.budget);
        else this.#send(effect.frame);
        break;
      case 'close':
        this.#logger.info({ reason: effect.reason }, 'connection closed by the engine');
        this.close(effect.reason, effect.message);
        break;
    }
  }

  /** A client that sends more than its share hears of it later: it slows down, and nothing is lost. */
  #acknowledge(frame: Uint8Array, changes: number, budget: ChangeBudget): void {
    const { metrics } = this.#options;
    const waitMs = budget.take(changes);
    if (waitMs === 0 && this.#heldAcks.size === 0) {
      this.#send(frame);
      return;
    }
    metrics.limited('changes-per-second');
    this.#heldAcks.hold(frame, waitMs);
    this.#regulate();
  }

  #refuse(reason: RefuseReason, message: string): void {
    this.#options.metrics.handshakeRefused(reason);
    this.#send(encodeFrame({ type: 'refuse', reason, message }));
    this.close('refused', message);
  }

  #send(frame: Uint8Array): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    this.#socket.send(frame, { binary: true }, () => this.#regulate());
    this.#regulate();
  }

  /** Stops reading from a client that sends faster than its database takes, or that does not read. */
  #regulate(): void {
    const busy =
      this.#phase.name === 'attaching' ||
      // Whoever sends on without waiting for acknowledgements is not read.
      this.#heldAcks.size > MAX_BATCHES_IN_FLIGHT ||
      this.#framesUnderWay >= MAX_FRAMES_UNDER_WAY ||
      this.#socket.bufferedAmount > MAX_UNSENT_BYTES;
    if (busy && !this.#socket.isPaused) this.#socket.pause();
    // A closed connection is read to its end: the other side's close frame is in there.
    else if ((!busy || this.#phase.name === 'closed') && this.#socket.isPaused) this.#socket.resume();
  }

  #leave(): void {
    const phase = this.#phase;
    this.#phase = { name: 'closed' };
    if (phase.name === 'awaiting-hello') clearTimeout(phase.timer);
    if (phase.name === 'attached') phase.attachment.detach();
    this.#heldAcks.drop();
    this.#release();
    this.#release = () => undefined;
    this.#regulate();
  }
}

/** The bytes of a message in a buffer of their own, which can move to another thread. */
function ownBytes(data: RawData): Uint8Array<ArrayBuffer> {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data));
  return new Uint8Array(data instanceof ArrayBuffer ? data.slice(0) : data);
}
