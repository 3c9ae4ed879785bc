/**
 * Waits for a Web Lock. Resolves with the function that gives it back; otherwise it ends with the context that holds
 * it, however that ends. Rejects with an AbortError when the signal comes first.
 */
export async function holdLock(
  name: string,
  options: { mode?: LockMode; signal?: AbortSignal } = {},
): Promise<() => void> {
  const held = Promise.withResolvers<undefined>();
  const over = Promise.withResolvers<undefined>();
  navigator.locks
    .request(name, options, () => {
      held.resolve(undefined);
      return over.promise;
    })
    .catch(held.reject);
  await held.promise;
  return () => over.resolve(undefined);
}

/** Resolves when nobody holds a lock that somebody holds now. Never resolves once the signal has come. */
export async function lockIsFree(name: string, signal: AbortSignal): Promise<void> {
  try {
    (await holdLock(name, { signal }))();
  } catch (error) {
    if (!signal.aborted) throw error;
    await new Promise<never>(() => undefined);
  }
}
