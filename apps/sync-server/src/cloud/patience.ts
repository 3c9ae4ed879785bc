import { StoreError } from './store/object-store.ts';

/** What is asked of a store is given up after so long, and a second more for each of these many bytes. */
const PATIENCE_MS = 8_000;
const SLOWEST_BYTES_PER_SECOND = 128 * 1024;

/**
 * Gives up what takes too long for what it is, also where the store does not even react to that. `bytes` is how many are on their
 * way. @throws StoreError `silent`, or what `run` throws
 */
export async function inTime<Result>(
  bytes: number,
  run: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const milliseconds = PATIENCE_MS + (bytes / SLOWEST_BYTES_PER_SECOND) * 1000;
  const controller = new AbortController();
  const { promise: given, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const error = new StoreError(
      'silent',
      `The store did not finish in ${Math.round(milliseconds / 1000)} s.`,
    );
    controller.abort(error);
    reject(error);
  }, milliseconds);
  try {
    return await Promise.race([run(controller.signal), given]);
  } finally {
    clearTimeout(timer);
  }
}
