import { host } from '../database/host.svelte.ts';
import { settings } from '../settings/store.svelte.ts';
import { beginCheck, readCheckStatus } from './cloud-api.ts';
import { cloudCopy } from './cloud-copy.svelte.ts';
import { checkAndFollow } from './page-check.ts';
import { reloadOnce, reloadSettled } from './reload-once.ts';

/** Once per page load: has the server look for what others wrote to the store, while everything else goes on. */
export async function lookForNews(signal: AbortSignal): Promise<void> {
  try {
    await host.opened;
  } catch {
    // There is no shop on the page that could have news; why is on the screen.
    return;
  }
  const { access } = settings;
  const reload = await checkAndFollow({
    begin: () => beginCheck(access),
    status: () => readCheckStatus(access),
    show: (view) => (cloudCopy.check = view),
    pause: (milliseconds) => pause(milliseconds, signal),
  });
  if (reload === true) reloadOnce(access.database);
  else if (reload === false) reloadSettled(access.database);
}

/** Never settles once the page is left: nothing is to be done any more. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
