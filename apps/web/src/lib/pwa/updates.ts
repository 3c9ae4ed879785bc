import { dev } from '$app/env';
import { toast } from 'svelte-sonner';
import { Workbox } from 'workbox-window';

/**
 * Registers the service worker, and offers a new version when it has been fetched: the page goes on with its own until
 * somebody says so. `onRefused`: the browser does not keep the app.
 */
export async function offerUpdates(onRefused: (reason: string) => void): Promise<void> {
  if (dev || !('serviceWorker' in navigator)) return;
  const workbox = new Workbox('/service-worker.js');
  workbox.addEventListener('waiting', () => {
    toast('A new version is ready', {
      duration: Infinity,
      action: {
        label: 'Reload',
        onClick: () => {
          workbox.addEventListener('controlling', () => location.reload());
          workbox.messageSkipWaiting();
        },
      },
    });
  });
  try {
    await workbox.register();
  } catch (error) {
    onRefused(String(error));
  }
}

/** Goes on with the newest version that there is: the one that has been fetched already, or what the server has. */
export async function updateNow(): Promise<void> {
  const registration = await navigator.serviceWorker.getRegistration();
  await registration?.update();
  const waiting = registration?.waiting ?? registration?.installing;
  if (waiting === null || waiting === undefined) {
    location.reload();
    return;
  }
  navigator.serviceWorker.addEventListener('controllerchange', () => location.reload());
  waiting.postMessage({ type: 'SKIP_WAITING' });
}
