/**
 * Waits for a Web Lock. Resolves with the function that gives it back; otherwise it ends with the context that holds
 * it, however that ends. Rejects with an AbortError when the signal comes first. A window whose storage is blocked has
 * no locks either: it shares nothing that they could guard, and gets all of them at once.
 */
export async function holdLock(
  name: string,
  options: { mode?: LockMode; signal?: AbortSignal } = {},
): Promise<() => void> {
  try {
    return await requestLock(name, options);
  } catch (error) {
    if (!isDenied(error)) throw error;
    return () => undefined;
  }
}

/** Resolves when nobody holds a lock that somebody holds now. Never resolves once the signal has come, or without locks. */
export async function lockIsFree(name: string, signal: AbortSignal): Promise<void> {
  try {
    (await requestLock(name, { signal }))();
  } catch (error) {
    if (!signal.aborted && !isDenied(error)) throw error;
    await new Promise<never>(() => undefined);
  }
}

/** Whether somebody holds a lock now. */
export async function lockIsHeld(name: string): Promise<boolean> {
  try {
    const { held = [] } = await navigator.locks.query();
    return held.some((lock) => lock.name === name);
  } catch (error) {
    if (!isDenied(error)) throw error;
    return false;
  }
}

async function requestLock(
  name: string,
  options: { mode?: LockMode; signal?: AbortSignal },
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

function isDenied(error: unknown): boolean {
  return error instanceof DOMException && error.name === 'SecurityError';
}
