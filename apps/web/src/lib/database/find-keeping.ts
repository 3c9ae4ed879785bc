import { isStorageRefusal, type Keeping } from '../storage/keeping.ts';
import type { Held } from '../storage/held.ts';
import { UnsupportedError } from './failure.ts';

/**
 * Where this window can keep a database. One that is known to be on this device is not passed over because the browser
 * fails to show it just now. Throws UnsupportedError.
 */
export async function findKeeping(held: () => Promise<Held | undefined>): Promise<Keeping> {
  if (!globalThis.isSecureContext)
    throw new UnsupportedError('secure-context', `${location.origin} is not a secure context.`);
  try {
    await navigator.storage.getDirectory();
    return 'device';
  } catch (cause) {
    // Some browsers refuse a private window without saying that they do; and some have no such storage at all.
    if (isStorageRefusal(cause) || (await held()) === undefined) return 'memory';
    const message = `The private file system cannot be opened: ${String(cause)}`;
    throw new UnsupportedError('storage', message, { cause });
  }
}
