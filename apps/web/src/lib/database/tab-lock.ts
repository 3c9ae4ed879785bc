/**
 * One tab at a time has the database: the exclusive file handle is the fence, this lock is the queue in front of it.
 * Resolves when the lock is held, which it stays until the page goes away. `onWaiting` tells that another tab has it.
 */
export async function holdTabLock(database: string, onWaiting: () => void): Promise<void> {
  const name = `octavo/database/${database}`;
  const forever = new Promise<never>(() => undefined);
  const held = Promise.withResolvers<undefined>();
  const hold = (lock: Lock | null) => {
    if (lock === null) return undefined;
    held.resolve(undefined);
    return forever;
  };
  // A refusal by the browser is an answer too.
  navigator.locks
    .request(name, { ifAvailable: true }, hold)
    .then(() => {
      onWaiting();
      return navigator.locks.request(name, hold);
    })
    .catch(held.reject);
  await held.promise;
}
