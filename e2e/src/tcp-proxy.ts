import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What happens to what arrives. */
type Mode =
  | { name: 'open'; delayMs: number; bytesPerMs: number }
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
  /** Whether what comes from the server now answers a request for a snapshot. */
  answersSnapshot: boolean;
}

const SYNC_REQUEST = /^GET \/sync[ ?]/;
/** Connections are used again: each request begins in a packet of its own. */
const REQUEST = /^(GET|HEAD|POST) (\S+) /;
const SNAPSHOT_PATH = /\/snapshot(\?|$)/;

/**
 * Stands between a browser and a server, and does to their connections what networks do. Pages are served through it
 * as well, so they are of its origin: tell the server about it.
 */
export class TcpProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #links = new Set<Link>();
  #target = 0;
  #mostSyncing = 0;
  #mode: Mode = { name: 'open', delayMs: 0, bytesPerMs: Infinity };
  #snapshotBytes = 0;
  #snapshotRequests = 0;
  #cutAt = Infinity;

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

  /** Bytes of snapshots that went to the browser, with the heads of the answers. */
  get snapshotBytes(): number {
    return this.#snapshotBytes;
  }

  get snapshotRequests(): number {
    return this.#snapshotRequests;
  }

  /** Cuts everything once so many bytes of snapshots have gone through. */
  cutWhenSnapshotHas(bytes: number): void {
    this.#cutAt = bytes;
  }

  /** Sets the port on this machine that connections go to. */
  leadTo(port: number): void {
    this.#target = port;
  }

  /**
   * Lets everything through, `delayMs` later in each direction, and on each connection no faster than a line of so many
   * megabytes per second. Links that were half-open before are cut.
   */
  open({ delayMs = 0, megabytesPerSecond = Infinity } = {}): void {
    this.#mode = { name: 'open', delayMs, bytesPerMs: megabytesPerSecond * 1_000 };
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
    const damaged = this.#mode.name === 'half-open';
    const link: Link = { client, server, damaged, syncs: false, answersSnapshot: false };
    client.once('data', (bytes) => {
      link.syncs = SYNC_REQUEST.test(bytes.toString('latin1'));
      const syncing = [...this.#links].filter(({ syncs }) => syncs).length;
      this.#mostSyncing = Math.max(this.#mostSyncing, syncing);
    });
    this.#links.add(link);
    client.on('data', (bytes) => {
      const path = REQUEST.exec(bytes.toString('latin1', 0, 2_000))?.[2];
      if (path === undefined) return;
      link.answersSnapshot = SNAPSHOT_PATH.test(path);
      if (link.answersSnapshot) this.#snapshotRequests += 1;
    });
    this.#pass(link, client, server);
    this.#pass(link, server, client);
    server.on('data', (bytes) => {
      if (!link.answersSnapshot) return;
      this.#snapshotBytes += bytes.length;
      if (this.#snapshotBytes < this.#cutAt) return;
      this.#cutAt = Infinity;
      this.cut();
    });
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
      const { delayMs, bytesPerMs } = this.#mode;
      if (bytesPerMs < Infinity) {
        // What has not come through is still with the sender.
        from.pause();
        setTimeout(() => from.resume(), bytes.length / bytesPerMs);
      }
      if (delayMs === 0) deliver();
      else setTimeout(deliver, delayMs);
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
