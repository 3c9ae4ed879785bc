import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What happens to what arrives. */
type Mode =
  | { name: 'open'; delayMs: number }
  /** Connections stay, and new ones are taken, but nothing gets through in either direction: a half-open link. */
  | { name: 'half-open' }
  /** There is nobody. */
  | { name: 'cut' };

interface Link {
  client: Socket;
  server: Socket;
  /** What a half-open link swallowed can never be delivered: such a link only ends. */
  damaged: boolean;
  /** Whether it was asked to become a WebSocket of the sync protocol. */
  syncs: boolean;
}

const SYNC_REQUEST = /^GET \/sync[ ?]/;

/**
 * Stands between a browser and a server, and does to their connections what networks do. Pages are served through it
 * as well, so they are of its origin: tell the server about it.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #target = 0;
  #mostSyncing = 0;
  #mode: Mode = { name: 'open', delayMs: 0 };

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (client) => this.#accept(client));
  }

  /** Listens on a free port; {@link leadTo} says where to. */
  static async listen(): Promise<TcpProxy> {
    const server = createServer({ noDelay: true });
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(undefined));
    await promise;
    return new TcpProxy(server);
  }

  get url(): string {
    // A server that listens on TCP has such an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The largest number of connections for sync that were open at the same time. */
  get mostSyncing(): number {
    return this.#mostSyncing;
  }

  /** Sets the port on this machine that connections go to. */
  leadTo(port: number): void {
    this.#target = port;
  }

  /** Lets everything through, `delayMs` later in each direction. Links that were half-open before are cut. */
  open({ delayMs = 0 } = {}): void {
    this.#mode = { name: 'open', delayMs };
    for (const link of this.#links) if (link.damaged) end(link);
  }

  /** From now on nothing arrives anywhere, and nobody is told. */
  halfOpen(): void {
    this.#mode = { name: 'half-open' };
    for (const link of this.#links) link.damaged = true;
  }

  /** Ends every connection and refuses new ones. */
  cut(): void {
    this.#mode = { name: 'cut' };
    for (const link of this.#links) end(link);
  }

  #accept(client: Socket): void {
    if (this.#mode.name === 'cut') {
      client.destroy();
      return;
    }
    const server = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const link: Link = { client, server, damaged: this.#mode.name === 'half-open', syncs: false };
    client.once('data', (bytes) => {
      link.syncs = SYNC_REQUEST.test(bytes.toString('latin1'));
      const syncing = [...this.#links].filter(({ syncs }) => syncs).length;
      this.#mostSyncing = Math.max(this.#mostSyncing, syncing);
    });
    this.#links.add(link);
    this.#pass(link, client, server);
    this.#pass(link, server, client);
    for (const socket of [client, server]) {
      // The 'close' that follows every error ends the other half too.
      socket.on('error', () => undefined);
      socket.on('close', () => {
        // The end of a link is news as well, and does not get through while nothing does.
        if (this.#mode.name === 'half-open' && link.damaged) return;
        end(link);
        this.#links.delete(link);
      });
    }
  }

  #pass(link: Link, from: Socket, to: Socket): void {
    from.on('data', (bytes) => {
      if (this.#mode.name !== 'open' || link.damaged) return;
      const deliver = () => {
        if (!to.destroyed && !link.damaged) to.write(bytes);
      };
      if (this.#mode.delayMs === 0) deliver();
      else setTimeout(deliver, this.#mode.delayMs);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => resolve(undefined));
    this.cut();
    await promise;
  }
}

function end({ client, server }: Link): void {
  client.destroy();
  server.destroy();
}
