import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { WrongResult } from '../scenario.ts';
import type { CrowdAccount, FromCrowd, ToCrowd } from './crowd-messages.ts';

/** Nothing here takes as long. */
const PATIENCE_MS = 5 * 60_000;

type Answer<Type extends FromCrowd['type']> = Extract<FromCrowd, { type: Type }>;

export interface CrowdOptions {
  url: string;
  name: string;
  clients: number;
  /** Larger gives others the processor first; as if these clients were on machines of their own. */
  niceness: number;
}

/** Many clients in a process of their own, from outside. */
export class Crowd implements Disposable {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.setMaxListeners(0);
  }

  static async start({ url, name, clients, niceness }: CrowdOptions): Promise<Crowd> {
    const main = join(import.meta.dirname, 'crowd-process.ts');
    const child = fork(main, [url, name, String(clients), String(niceness)], { execArgv: [] });
    const crowd = new Crowd(child);
    await crowd.#next('ready');
    return crowd;
  }

  connect(): void {
    this.#tell({ type: 'connect' });
  }

  watch(): void {
    this.#tell({ type: 'watch' });
  }

  /** Returns how many books its clients have written. */
  async write(perSecond: number, forMs: number): Promise<number> {
    this.#tell({ type: 'write', perSecond, forMs });
    return (await this.#next('written')).books;
  }

  /** Resolves when every client is green and has so many books. */
  async settled(books: number): Promise<void> {
    this.#tell({ type: 'settle', books });
    await this.#next('settled');
  }

  account(): Promise<CrowdAccount> {
    this.#tell({ type: 'account' });
    return this.#next('account');
  }

  [Symbol.dispose](): void {
    this.#child.kill('SIGKILL');
  }

  #tell(message: ToCrowd): void {
    this.#child.send(message);
  }

  /** The next message of a kind. @throws WrongResult when the process fails before, or takes too long. */
  #next<Type extends FromCrowd['type']>(type: Type): Promise<Answer<Type>> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer<Type>>();
    const timer = setTimeout(() => reject(new WrongResult(`The clients never said "${type}".`)), PATIENCE_MS);
    const onMessage = (message: FromCrowd) => {
      // The type of a message tells its shape.
      if (message.type === type) resolve(message as Answer<Type>);
      else if (message.type === 'failed') reject(new WrongResult(message.message));
    };
    const onExit = (code: number | null) =>
      reject(new WrongResult(`A process with clients ended with ${code}.`));
    this.#child.on('message', onMessage);
    this.#child.on('exit', onExit);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#child.off('message', onMessage);
      this.#child.off('exit', onExit);
    });
  }
}
