import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  request as ask,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a store behaves that does not do what it should. */
export type Trouble =
  | { kind: 'none' }
  /** Nobody takes a connection. */
  | { kind: 'refuses' }
  /** It takes everything and answers nothing. */
  | { kind: 'hangs' }
  /** It does what it was asked for when {@link StoreProxy.letGo} is called, which may be long after. */
  | { kind: 'slow' }
  /** What matches waits until {@link StoreProxy.behave} is told that it is well again; all else is done. */
  | { kind: 'delays'; requests: RegExp }
  /** It answers with an error. */
  | { kind: 'answers'; status: number; code: string }
  /** The connection ends when so many bytes of an upload have passed. */
  | { kind: 'cuts'; after: number };

/** Stands in front of a real store: counts what is asked for, and behaves badly when told to. */
export class StoreProxy implements AsyncDisposable {
  /** Such as `PUT /shops/octavo/…`, in the order in which they came. */
  readonly requests: string[] = [];
  readonly #target: URL;
  #trouble: Trouble = { kind: 'none' };
  #server: Server;
  #port = 0;
  #held: (() => void)[] = [];
  #delayed: (() => void)[] = [];

  private constructor(target: string) {
    this.#target = new URL(target);
    this.#server = this.#create();
  }

  static async start(target: string): Promise<StoreProxy> {
    const proxy = new StoreProxy(target);
    await proxy.#listen();
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async behave(trouble: Trouble): Promise<void> {
    const refused = this.#trouble.kind === 'refuses';
    this.#trouble = trouble;
    if (trouble.kind === 'refuses') await this.#close();
    else if (refused) {
      this.#server = this.#create();
      await this.#listen();
    }
    if (trouble.kind === 'none') for (const forward of this.#delayed.splice(0)) forward();
  }

  /** What was slow is done now, though nobody may wait for it any more. Settles when the store has answered. */
  async letGo(): Promise<void> {
    const held = this.#held.splice(0);
    await Promise.all(
      held.map(async (forward) => {
        forward();
        await Promise.resolve();
      }),
    );
  }

  get held(): number {
    return this.#held.length;
  }

  get delayed(): number {
    return this.#delayed.length;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }

  #create(): Server {
    return createServer((request, response) => this.#handle(request, response));
  }

  async #listen(): Promise<void> {
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    // A server that listens on TCP has such an address.
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async #close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  #handle(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url?.split('?')[0]}`);
    const trouble = this.#trouble;
    switch (trouble.kind) {
      case 'none':
        this.#forward(request, response);
        break;
      case 'refuses':
      case 'hangs':
        request.resume();
        break;
      case 'slow':
        this.#hold(request, response);
        break;
      case 'delays': {
        const forward = (): void => this.#forward(request, response);
        if (trouble.requests.test(`${request.method} ${request.url}`)) this.#delayed.push(forward);
        else forward();
        break;
      }
      case 'answers':
        request.resume();
        response.writeHead(trouble.status, { 'content-type': 'application/xml' });
        response.end(`<Error><Code>${trouble.code}</Code><Message>${trouble.code}</Message></Error>`);
        break;
      case 'cuts':
        this.#cut(request, trouble.after);
        break;
    }
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { hostname, port } = this.#target;
    const { method, url, headers } = request;
    const onward = ask({ hostname, port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    response.on('close', () => onward.destroy());
    request.pipe(onward);
  }

  /** Takes all of it, and passes it on later, whether or not somebody still waits. */
  #hold(request: IncomingMessage, response: ServerResponse): void {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      this.#held.push(() => {
        const { hostname, port } = this.#target;
        const { method, url, headers } = request;
        const onward = ask({ hostname, port, method, path: url, headers }, (answer) => answer.resume());
        onward.on('error', () => undefined);
        onward.end(Buffer.concat(pieces));
        response.destroy();
      });
    });
  }

  /** The store sees the beginning of an upload, and no end. */
  #cut(request: IncomingMessage, after: number): void {
    const { hostname, port } = this.#target;
    const { method, url, headers } = request;
    const onward = ask({ hostname, port, method, path: url, headers });
    onward.on('error', () => undefined);
    let passed = 0;
    request.on('data', (piece: Buffer) => {
      onward.write(piece.subarray(0, Math.max(0, after - passed)));
      passed += piece.length;
      if (passed < after) return;
      onward.destroy();
      request.destroy();
    });
    request.on('end', () => {
      onward.destroy();
      request.destroy();
    });
  }
}
