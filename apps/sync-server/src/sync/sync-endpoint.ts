import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_FRAME_BYTES } from '@octavo/protocol/limits.ts';
import type { Logger } from 'pino';
import { type Server as SocketServer, WebSocketServer } from 'ws';
import type { Databases } from '../databases/databases.ts';
import type { Denied } from '../http/access.ts';
import { SyncConnection } from './sync-connection.ts';
import { SyncSocket } from './sync-socket.ts';

/** How long a client may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 1_500;
/** Between probes of the operating system on a silent connection. */
const KEEP_ALIVE_MS = 30_000;

export interface SyncEndpointOptions {
  databases: Databases;
  logger: Logger;
  /** Judges the upgrade request; `undefined` lets it pass. */
  judge: (request: IncomingMessage) => Denied | undefined;
}

/** The WebSocket endpoint `/sync` of an HTTP server. */
export class SyncEndpoint {
  readonly #options: SyncEndpointOptions;
  readonly #connections = new Set<SyncConnection>();
  readonly #sockets: SocketServer<typeof SyncSocket>;

  constructor(options: SyncEndpointOptions) {
    this.#options = options;
    const settings = {
      noServer: true,
      WebSocket: SyncSocket,
      maxPayload: MAX_FRAME_BYTES,
      // Batches are dense already, and compressing them costs the main thread more than the network gains.
      perMessageDeflate: false,
      clientTracking: true,
      closeTimeout: CLOSE_TIMEOUT_MS,
    };
    this.#sockets = new WebSocketServer(settings);
  }

  /** Answers the upgrade requests of a server. */
  listenTo(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Connections that have not ended. */
  get size(): number {
    return this.#sockets.clients.size;
  }

  /** Ends every connection, also those whose database is not known yet, and waits until all have gone. */
  async close(): Promise<void> {
    const gone = [...this.#sockets.clients].map(
      (socket) =>
        new Promise<void>((resolve) =>
          socket.readyState === socket.CLOSED ? resolve() : socket.once('close', () => resolve()),
        ),
    );
    for (const connection of this.#connections) connection.close('restarting', 'The server is restarting.');
    this.#sockets.close();
    await Promise.all(gone);
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { logger, judge } = this.#options;
    socket.on('error', (error) => logger.debug({ err: error }, 'error on an upgrading connection'));
    const path = request.url?.split('?')[0];
    const denied = judge(request);
    if (denied !== undefined) {
      logger.info({ ...denied, path }, 'upgrade refused');
      answer(socket, '403 Forbidden', denied);
    } else if (path !== '/sync') {
      answer(socket, '404 Not Found', {
        error: 'not-found',
        message: 'WebSockets are answered at /sync only.',
      });
    } else {
      if (socket instanceof Socket) socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
      this.#sockets.handleUpgrade(request, socket, head, (opened) => this.#accept(opened));
    }
  }

  #accept(socket: SyncSocket): void {
    const { databases, logger } = this.#options;
    const connection = new SyncConnection({ socket, databases, logger });
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }
}

/** An HTTP answer on a connection that no HTTP framework handles any more. */
function answer(socket: Duplex, status: string, body: { error: string; message: string }): void {
  const text = JSON.stringify(body);
  socket.end(
    [
      `HTTP/1.1 ${status}`,
      'Content-Type: application/json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(text)}`,
      'Connection: close',
      '',
      text,
    ].join('\r\n'),
  );
}
