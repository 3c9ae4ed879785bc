import type { IncomingMessage, Server } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { MAX_FRAME_BYTES } from '@octavo/protocol/limits.ts';
import type { Logger } from 'pino';
import { type Server as SocketServer, WebSocketServer } from 'ws';
import type { Limits } from '../config.ts';
import type { Databases } from '../databases/databases.ts';
import { bearerOf } from '../http/authorise.ts';
import type { AccessControl, Judge } from '../http/http-app.ts';
import { answerRaw } from '../http/raw-answer.ts';
import { ChangeBudgets } from '../limits/change-budgets.ts';
import { Counter } from '../limits/counter.ts';
import type { Metrics } from '../metrics/metrics.ts';
import { guardHello } from './hello-guard.ts';
import { Reception } from './reception.ts';
import { SyncConnection } from './sync-connection.ts';
import { SyncSocket } from './sync-socket.ts';

/** How long a client may take to answer a close frame. */
const CLOSE_TIMEOUT_MS = 1_500;
/** Between probes of the operating system on a silent connection. */
const KEEP_ALIVE_MS = 30_000;
/** How often is looked whether a token has expired whose connection stands. */
const EXPIRY_CHECK_MS = 1_000;

export interface SyncEndpointOptions {
  databases: Databases;
  access: AccessControl;
  limits: Limits;
  /** Of connections, by the address behind a proxy. */
  addresses: Counter;
  metrics: Metrics;
  logger: Logger;
  /** Judges the upgrade request. */
  judge: Judge;
}

/** The WebSocket endpoint `/sync` of an HTTP server. */
export class SyncEndpoint {
  readonly #options: SyncEndpointOptions;
  readonly #connections = new Set<SyncConnection>();
  readonly #sockets: SocketServer<typeof SyncSocket>;
  readonly #places: Counter;
  readonly #budgets: ChangeBudgets;
  readonly #expiry: NodeJS.Timeout;

  constructor(options: SyncEndpointOptions) {
    this.#options = options;
    this.#places = new Counter(options.limits.connectionsPerDatabase);
    this.#budgets = new ChangeBudgets(options.limits.changesPerSecond);
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
    options.access.tokens.watchRevoked((id) => this.#endWhere((token) => token.id === id, 'revoked'));
    this.#expiry = setInterval(
      () => this.#endWhere(({ expiresAt }) => expiresAt <= Date.now(), 'expired'),
      EXPIRY_CHECK_MS,
    );
  }

  /** Answers the upgrade requests of a server. */
  listenTo(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Connections that have not ended. */
  get size(): number {
    return this.#sockets.clients.size;
  }

  /** How many connections are at what. */
  states(): ReadonlyMap<SyncConnection['state'], number> {
    const states = new Map<SyncConnection['state'], number>([
      ['awaiting-hello', 0],
      ['attaching', 0],
      ['attached', 0],
      ['closed', 0],
    ]);
    for (const { state } of this.#connections) states.set(state, (states.get(state) ?? 0) + 1);
    return states;
  }

  /** Ends every connection, also those whose database is not known yet, and waits until all have gone. */
  async close(): Promise<void> {
    clearInterval(this.#expiry);
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

  /** Closes the connections whose token is no longer valid; they hear the reason when they come back. */
  #endWhere(ended: (token: { id: string; expiresAt: number }) => boolean, what: string): void {
    for (const connection of this.#connections) {
      const { principal } = connection;
      if (principal?.kind === 'token' && ended(principal))
        connection.close('refused', `The token has ${what === 'expired' ? 'expired' : 'been revoked'}.`);
    }
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { logger, judge, metrics, access } = this.#options;
    socket.on('error', (error) => logger.debug({ err: error }, 'error on an upgrading connection'));
    const path = request.url?.split('?')[0];
    const denied = judge(request, true);
    const address = access.clientAddress(request);
    const release = this.#takePlace(request, address);
    if (denied !== undefined) {
      logger.info({ error: denied.error, path }, 'upgrade refused');
      answerRaw(socket, '403 Forbidden', denied);
    } else if (path !== '/sync') {
      answerRaw(socket, '404 Not Found', {
        error: 'not-found',
        message: 'WebSockets are answered at /sync only.',
      });
    } else if (release === undefined) {
      metrics.limited('connections-per-address');
      answerRaw(socket, '429 Too Many Requests', {
        error: 'too-many-connections',
        message: 'Too many connections of this address are open. Close some of them.',
      });
    } else {
      socket.once('close', release);
      if (socket instanceof Socket) socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS);
      this.#sockets.handleUpgrade(request, socket, head, (opened) =>
        this.#accept(opened, socket, { address, bearer: bearerOf(request) }),
      );
      return;
    }
    release?.();
  }

  /** One address behind a proxy is counted here; others were when they connected. */
  #takePlace({ socket }: IncomingMessage, address: string): (() => void) | undefined {
    return address === socket.remoteAddress ? () => undefined : this.#options.addresses.take(address);
  }

  #accept(socket: SyncSocket, raw: Duplex, from: { address: string; bearer: string | undefined }): void {
    const { databases, access, limits, metrics, logger } = this.#options;
    const { gatekeeper } = access;
    const reception = new Reception({
      ...{ databases, gatekeeper, places: this.#places, budgets: this.#budgets, metrics, logger },
      ...from,
    });
    const connection = new SyncConnection({
      ...{ socket, reception, metrics, logger },
      handshakeMs: limits.handshakeSeconds * 1000,
    });
    this.#connections.add(connection);
    const unguard = guardHello(raw, () => {
      unguard();
      metrics.limited('hello-size');
      connection.close('too-large', 'The first message is over the limit.');
      // Not read any further: what is left would be kept until its end has come.
      socket.pause();
    });
    socket.once('message', unguard);
    socket.once('close', () => this.#connections.delete(connection));
  }
}
