import { closeCodes, type CloseReason, closeReasonOf } from '@octavo/protocol/close-codes.ts';
import { decodeUpstream, encodeFrame } from '@octavo/protocol/frame.ts';
import { HANDSHAKE_TIMEOUT_MS, MAX_BATCHES_IN_FLIGHT, MAX_FRAME_BYTES } from '@octavo/protocol/limits.ts';
import type { RefuseReason } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Logger } from 'pino';
import type { RawData } from 'ws';
import { databaseNameHelp, isDatabaseName } from '../databases/database-name.ts';
import { type Attachment, type Databases, NoSuchDatabaseError } from '../databases/databases.ts';
import type { ConnectionEffect } from '../databases/host-interface.ts';
import type { SyncSocket } from './sync-socket.ts';

/** An honest client has this many batches under way, and a few small messages between them. */
const MAX_FRAMES_UNDER_WAY = 2 * MAX_BATCHES_IN_FLIGHT;
/** A client that does not read what it is sent is not listened to until it does. */
const MAX_UNSENT_BYTES = 2 * MAX_FRAME_BYTES;

type Phase =
  | { name: 'awaiting-hello'; timer: NodeJS.Timeout }
  /** The database is being opened; what the client says meanwhile waits. */
  | { name: 'attaching'; waiting: Uint8Array<ArrayBuffer>[] }
  | { name: 'attached'; attachment: Attachment }
  | { name: 'closed' };

export interface SyncConnectionOptions {
  socket: SyncSocket;
  databases: Databases;
  logger: Logger;
}

/**
 * One client's WebSocket: finds the database that its first frame names, then carries frames between the two. It
 * decides nothing about replication; that is the engine's, in the database's thread.
 */
export class SyncConnection {
  readonly #socket: SyncSocket;
  readonly #databases: Databases;
  readonly #logger: Logger;
  #phase: Phase;
  #framesUnderWay = 0;

  constructor({ socket, databases, logger }: SyncConnectionOptions) {
    this.#socket = socket;
    this.#databases = databases;
    this.#logger = logger;
    const timer = setTimeout(
      () => this.close('handshake-timeout', 'No handshake came.'),
      HANDSHAKE_TIMEOUT_MS,
    );
    this.#phase = { name: 'awaiting-hello', timer };
    socket.on('message', (data, isBinary) => this.#onMessage(data, isBinary));
    socket.on('close', () => this.#onClose());
    // A 'close' follows every error of a socket.
    socket.on('error', (error) => logger.debug({ err: error }, 'connection error'));
  }

  /** Ends the connection from this side. */
  close(reason: CloseReason, message: string): void {
    this.#leave();
    this.#socket.close(closeCodes[reason], message);
  }

  #onMessage(data: RawData, isBinary: boolean): void {
    if (!isBinary) {
      this.close('malformed', 'A text frame came; this protocol is binary.');
      return;
    }
    const bytes = ownBytes(data);
    const phase = this.#phase;
    switch (phase.name) {
      case 'awaiting-hello':
        clearTimeout(phase.timer);
        this.#begin(bytes);
        break;
      case 'attaching':
        phase.waiting.push(bytes);
        break;
      case 'attached':
        this.#forward(phase.attachment, bytes);
        break;
      case 'closed':
        break;
    }
  }

  #begin(bytes: Uint8Array<ArrayBuffer>): void {
    let database: string;
    try {
      const message = decodeUpstream(bytes);
      if (message.type !== 'hello')
        throw new ProtocolError('unexpected', `"${message.type}" came before the hello.`);
      ({ database } = message);
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
    if (!isDatabaseName(database)) {
      this.#refuse('bad-database-name', databaseNameHelp);
      return;
    }
    this.#phase = { name: 'attaching', waiting: [bytes] };
    this.#regulate();
    this.#attach(database).catch((error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof NoSuchDatabaseError) {
        this.#refuse('unknown-database', message);
      } else {
        this.#logger.error({ err: error, database }, 'a database could not be opened for a client');
        this.#refuse('database-unavailable', `The database could not be opened: ${message}`);
      }
    });
  }

  async #attach(database: string): Promise<void> {
    const attachment = await this.#databases.attach(database, { create: true }, (effect) =>
      this.#perform(effect),
    );
    if (this.#phase.name !== 'attaching') {
      attachment.detach();
      return;
    }
    const { waiting } = this.#phase;
    this.#phase = { name: 'attached', attachment };
    for (const bytes of waiting) this.#forward(attachment, bytes);
    this.#regulate();
  }

  #forward(attachment: Attachment, bytes: Uint8Array<ArrayBuffer>): void {
    this.#framesUnderWay += 1;
    this.#regulate();
    attachment
      .receive(bytes)
      .catch((error: unknown) => {
        this.#logger.error({ err: error }, 'a frame was not handled');
        this.close('database-failed', error instanceof Error ? error.message : String(error));
      })
      .finally(() => {
        this.#framesUnderWay -= 1;
        this.#regulate();
      });
  }

  #perform(effect: ConnectionEffect): void {
    switch (effect.type) {
      case 'send':
        this.#send(effect.frame);
        break;
      case 'close':
        this.#logger.info(
          { reason: effect.reason, message: effect.message },
          'connection closed by the engine',
        );
        this.#leave();
        this.#socket.close(effect.code, effect.message);
        break;
    }
  }

  #refuse(reason: RefuseReason, message: string): void {
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
      this.#framesUnderWay >= MAX_FRAMES_UNDER_WAY ||
      this.#socket.bufferedAmount > MAX_UNSENT_BYTES;
    if (busy && !this.#socket.isPaused) this.#socket.pause();
    // A closed connection is read to its end: the other side's close frame is in there.
    else if ((!busy || this.#phase.name === 'closed') && this.#socket.isPaused) this.#socket.resume();
  }

  #onClose(): void {
    this.#leave();
  }

  #leave(): void {
    const phase = this.#phase;
    this.#phase = { name: 'closed' };
    if (phase.name === 'awaiting-hello') clearTimeout(phase.timer);
    if (phase.name === 'attached') phase.attachment.detach();
    this.#regulate();
  }
}

/** The bytes of a message in a buffer of their own, which can move to another thread. */
function ownBytes(data: RawData): Uint8Array<ArrayBuffer> {
  if (Array.isArray(data)) return new Uint8Array(Buffer.concat(data));
  return new Uint8Array(data instanceof ArrayBuffer ? data.slice(0) : data);
}
