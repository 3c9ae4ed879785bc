import { type OnProgress, StoreError } from './store/object-store.ts';

/** What is asked of a store is given up after so long without a sign of it going on… */
const PATIENCE_MS = 8_000;
/** …and a second more for each of these many bytes that are on their way meanwhile. */
const SLOWEST_BYTES_PER_SECOND = 128 * 1024;

/**
 * Gives up what does not go on, also where the store does not even react to that. `bytes` is how many are on their way until the
 * first sign of progress. @throws StoreError `silent`, or what `run` throws
 */
export async function inTime<Result>(
  bytes: number,
  run: (signal: AbortSignal, onProgress: OnProgress) => Promise<Result>,
): Promise<Result> {
  const controller = new AbortController();
  const { promise: given, reject } = Promise.withResolvers<never>();
  let timer: NodeJS.Timeout | undefined;
  let ended = false;
  const wait: OnProgress = (more = 0) => {
    clearTimeout(timer);
    if (!ended) timer = setTimeout(giveUp, patienceFor(more), patienceFor(more));
  };
  const giveUp = (milliseconds: number): void => {
    const seconds = Math.round(milliseconds / 1000);
    const error = new StoreError('silent', `The store did not finish, or go on, in ${seconds} s.`);
    controller.abort(error);
    reject(error);
  };
  wait(bytes);
  try {
    return await Promise.race([run(controller.signal, wait), given]);
  } finally {
    ended = true;
    clearTimeout(timer);
  }
}

function patienceFor(bytes: number): number {
  return PATIENCE_MS + (bytes / SLOWEST_BYTES_PER_SECOND) * 1000;
}
