import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { passOn } from './pass-on.ts';

/** What happens to a command on its way. */
export type Fate =
  | { name: 'arrives' }
  /** Something between answers in the server's place, which hears nothing of it. */
  | { name: 'answered'; status: number; body: string; type: string }
  /** The server does it, and its answer gets lost. */
  | { name: 'answer lost' }
  /** The server does it, and whoever waits for its answer waits for ever. */
  | { name: 'done, never answered' };

/** A command as it was sent. */
export interface SentCommand {
  id: string;
  type: string;
  payload: unknown;
  /** Of the requests, counted by whoever sends. */
  attempt: number;
  /** The path and the headers of the request. */
  path: string;
  authorization: string | undefined;
}

/** Stands between browsers and a server, passes everything on, and does to commands what it is told to. */
export class CommandProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #upgraded: Duplex[] = [];
  /** Every command that was sent, in order. */
  readonly sent: SentCommand[] = [];
  fate: (command: SentCommand) => Fate = () => ({ name: 'arrives' });

  private constructor(server: Server) {
    this.#server = server;
  }

  static async inFrontOf(port: number): Promise<CommandProxy> {
    const server = createServer();
    const proxy = new CommandProxy(server);
    server.on('request', (incoming, answer) => void proxy.#take(incoming, answer, port));
    server.on('upgrade', (incoming: IncomingMessage, socket: Duplex) => {
      proxy.#upgraded.push(socket);
      passOn(incoming, socket, port);
    });
    const { promise, resolve } = Promise.withResolvers<undefined>();
    server.listen(0, '127.0.0.1', () => resolve(undefined));
    await promise;
    return proxy;
  }

  get url(): string {
    // A server that listens on TCP has such an address.
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async #take(incoming: IncomingMessage, answer: ServerResponse, port: number): Promise<void> {
    const body = await bodyOf(incoming);
    if (incoming.method !== 'POST' || incoming.url?.endsWith('/commands') !== true) {
      this.#pass(incoming, body, port, answer, (response) => giveBack(response, answer));
      return;
    }
    const command = sentCommand(incoming, body);
    this.sent.push(command);
    const fate = this.fate(command);
    switch (fate.name) {
      case 'answered':
        answer.writeHead(fate.status, { 'content-type': fate.type }).end(fate.body);
        return;
      case 'arrives':
      case 'answer lost':
      case 'done, never answered':
        this.#pass(incoming, body, port, answer, (response) => {
          if (fate.name === 'arrives') giveBack(response, answer);
          else if (fate.name === 'answer lost') response.resume().on('end', () => answer.destroy());
          else response.resume();
        });
    }
  }

  #pass(
    { method, url, headers }: IncomingMessage,
    body: Buffer,
    port: number,
    answer: ServerResponse,
    onAnswer: (response: IncomingMessage) => void,
  ): void {
    const outgoing = request({ port, host: '127.0.0.1', method, path: url, headers });
    outgoing.on('response', onAnswer);
    outgoing.on('error', () => answer.destroy());
    outgoing.end(body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#server.close(() => resolve(undefined));
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    await promise;
  }
}

function giveBack(response: IncomingMessage, answer: ServerResponse): void {
  answer.writeHead(response.statusCode ?? 502, response.headers);
  response.pipe(answer);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  return Buffer.concat(parts);
}

function sentCommand({ url = '', headers }: IncomingMessage, body: Buffer): SentCommand {
  const command: unknown = JSON.parse(body.toString('utf8'));
  const field = (name: string): unknown =>
    typeof command === 'object' && command !== null ? Reflect.get(command, name) : undefined;
  return {
    id: String(field('id')),
    type: String(field('type')),
    payload: field('payload'),
    attempt: Number(headers['octavo-attempt']),
    path: url,
    authorization: headers.authorization,
  };
}
