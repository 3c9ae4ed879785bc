import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

const SERVICE_WORKER = '/service-worker.js';

/**
 * Serves the app of a running server as if another version had been built: its service worker differs, which is how
 * browsers learn of it.
 */
export class ChangedApp implements AsyncDisposable {
  readonly #server: Server;
  /** Until it is released, the app is served as it is. */
  #released = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async inFrontOf(port: number): Promise<ChangedApp> {
    const server = createServer();
    const app = new ChangedApp(server);
    server.on('request', (incoming, answer) => app.#pass(incoming, answer, port));
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.listen(0, '127.0.0.1', () => resolve(undefined));
    await promise;
    return app;
  }

  get url(): string {
    // A server that listens on TCP has such an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  release(): void {
    this.#released = true;
  }

  #pass(incoming: IncomingMessage, answer: ServerResponse, port: number): void {
    const { method, url, headers } = incoming;
    const changed = this.#released && url === SERVICE_WORKER;
    // "Not modified" is no longer the answer to what has been.
    const outgoing = request({
      ...{ port, host: '127.0.0.1', method, path: url },
      headers: without(headers, ['if-none-match', 'if-modified-since']),
    });
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, without(response.headers, ['content-length', 'etag']));
      response.on('data', (bytes) => answer.write(bytes));
      response.on('end', () => answer.end(changed ? '\n// Another version.\n' : ''));
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => resolve(undefined));
    this.#server.closeAllConnections();
    await promise;
  }
}

function without(headers: IncomingHttpHeaders, names: readonly string[]): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name)));
}
