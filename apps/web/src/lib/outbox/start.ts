import { host } from '../database/host.svelte.ts';
import { outbox } from './outbox.svelte.ts';

/** Once per page load: goes on with what is queued, as soon as it is known for which shop. */
export async function startOutbox(): Promise<void> {
  try {
    await host.opened;
  } catch {
    // Why there is no shop on the page is on the screen. The queue is kept, and the service worker sends it.
    return;
  }
  addEventListener('online', () => void outbox.run('automatic'));
  try {
    await outbox.start();
  } catch (error) {
    host.trouble = `What waits to be sent could not be looked at: ${String(error)}`;
  }
}
