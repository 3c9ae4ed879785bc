import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { WrongResult } from '../scenario.ts';
import type { Account, FromClient, ToClient } from './client-messages.ts';

/** Nothing here takes as long. */
const PATIENCE_MS = 10 * 60_000;

type Answer<Type extends FromClient['type']> = Extract<FromClient, { type: Type }>;

/** A client in a process of its own, from outside. */
export class Client implements Disposable {
  readonly #child: ChildProcess;
  readonly #listeners = new Set<(message: FromClient) => void>();

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (message: FromClient) => this.#tellAll(message));
    child.on('exit', (code) =>
      this.#tellAll({ type: 'failed', message: `A client's process ended with ${code}.` }),
    );
  }

  static async start(url: string, file: string): Promise<Client> {
    const child = fork(join(import.meta.dirname, 'client-process.ts'), [url, file], { execArgv: [] });
    const client = new Client(child);
    await client.next('ready');
    return client;
  }

  async write(transactions: number, books: number): Promise<Answer<'written'>> {
    this.#tell({ type: 'write', transactions, books });
    return this.next('written');
  }

  connect(): void {
    this.#tell({ type: 'connect' });
  }

  /** Resolves when a book has arrived here. */
  async arrival(isbn: string): Promise<void> {
    this.#tell({ type: 'await', isbn });
    await this.next('arrived');
  }

  async account(): Promise<Account> {
    this.#tell({ type: 'account' });
    return this.next('account');
  }

  /** The next message of a kind. @throws WrongResult when the client fails before, or takes too long. */
  next<Type extends FromClient['type']>(type: Type): Promise<Answer<Type>> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer<Type>>();
    const timer = setTimeout(() => reject(new WrongResult(`A client never said "${type}".`)), PATIENCE_MS);
    const listener = (message: FromClient) => {
      // The type of a message tells its shape.
      if (message.type === type) resolve(message as Answer<Type>);
      else if (message.type === 'failed') reject(new WrongResult(message.message));
    };
    this.#listeners.add(listener);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#listeners.delete(listener);
    });
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }

  #tell(message: ToClient): void {
    this.#child.send(message);
  }

  #tellAll(message: FromClient): void {
    for (const listener of this.#listeners) listener(message);
  }
}
