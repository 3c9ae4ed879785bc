import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { passOn, without } from './pass-on.ts';

/** Which file of the app is served otherwise than it was built, and how. */
export interface Changed {
  file: RegExp;
  change: (text: string) => string;
}

/** Browsers learn of another version by a service worker that differs. */
const anotherVersion: Changed = {
  file: /^\/service-worker\.js$/,
  change: (text) => `${text}\n// Another version.\n`,
};

/** Serves the app of a running server, and its sync, with one file changed: as if another version had been built. */
export class ChangedApp implements AsyncDisposable {
  readonly #server: Server;
  readonly #changed: Changed;
  readonly #upgraded: Duplex[] = [];
  /** Until it is released, the app is served as it is. */
  #released = false;

  private constructor(server: Server, changed: Changed) {
    this.#server = server;
    this.#changed = changed;
  }

  static async inFrontOf(port: number, changed: Changed = anotherVersion): Promise<ChangedApp> {
    const server = createServer();
    const app = new ChangedApp(server, changed);
    server.on('request', (incoming, answer) => app.#pass(incoming, answer, port));
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
      // The server forgets about a connection that is no HTTP any more.
      app.#upgraded.push(socket);
      passOn(incoming, socket, port);
    });
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
    const changed = this.#released && this.#changed.file.test(url ?? '');
    // "Not modified" is no longer the answer to what has been.
    const outgoing = request({
      ...{ port, host: '127.0.0.1', method, path: url },
      // Nor can what is compressed be changed.
      headers: without(headers, ['if-none-match', 'if-modified-since', 'accept-encoding']),
    });
    outgoing.on('response', (response) => {
      answer.writeHead(response.statusCode ?? 502, without(response.headers, ['content-length', 'etag']));
      if (!changed) {
        response.pipe(answer);
        return;
      }
      const parts: Buffer[] = [];
      response.on('data', (bytes: Buffer) => parts.push(bytes));
      response.on('end', () => answer.end(this.#changed.change(Buffer.concat(parts).toString('utf8'))));
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => resolve(undefined));
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await promise;
  }
}
