import { Worker } from 'node:worker_threads';
import { Turns } from '../../covers/turns.ts';
import { type LargeCommand, tooLarge } from './read-large-command.ts';

const MOST_WAITING = 16;
/** Several times what an image as text takes; what needs more is made to need it. */
const MOST_MEMORY_MB = 160;

/**
 * Reads large bodies in a thread, one at a time: what is parsed there blocks nobody, and what it takes of the memory is
 * given back at once.
 */
export class LargeCommands {
  readonly #turns = new Turns(MOST_WAITING);

  /** @throws TooManyWaitingError */
  read(bytes: Uint8Array): Promise<LargeCommand> {
    return this.#turns.take(() => readApart(bytes));
  }
}

async function readApart(bytes: Uint8Array): Promise<LargeCommand> {
  const { promise, resolve, reject } = Promise.withResolvers<LargeCommand>();
  const worker = new Worker(new URL('./large-command.worker.ts', import.meta.url), {
    workerData: bytes,
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: MOST_MEMORY_MB },
  });
  // Our own thread's only message.
  worker.on('message', (read) => resolve(read as LargeCommand));
  worker.on('error', (error) => {
    if (isOutOfMemory(error)) resolve(tooLarge);
    else reject(error instanceof Error ? error : new Error(String(error)));
  });
  // Settled already where the thread did what it was for.
  worker.on('exit', (code) => reject(new Error(`The thread that reads a command ended with code ${code}.`)));
  return promise;
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
