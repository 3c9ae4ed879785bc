/** Of the Background Sync that has the service worker send what is queued. */
export const SYNC_TAG = 'sync-changes';

/** What TypeScript does not know of, because not every browser has it. */
interface WithSync {
  readonly sync: { register(tag: string): Promise<void> };
}

export interface SyncEvent extends Event {
  readonly tag: string;
  waitUntil(until: Promise<unknown>): void;
}

/** Whether this browser wakes the service worker when there is a network. */
export function hasBackgroundSync(
  registration: ServiceWorkerRegistration,
): registration is ServiceWorkerRegistration & WithSync {
  return 'sync' in registration;
}

export function isSyncEvent(event: Event): event is SyncEvent {
  return event.type === 'sync' && 'tag' in event && 'waitUntil' in event;
}

/** Asks the browser to wake the service worker as soon as there is a network. Whether it will. */
export async function registerSync(registration: ServiceWorkerRegistration | undefined): Promise<boolean> {
  if (registration === undefined || !hasBackgroundSync(registration)) return false;
  try {
    await registration.sync.register(SYNC_TAG);
    return true;
  } catch (error) {
    // Its user has switched it off, for all pages or for this one.
    if (error instanceof DOMException) return false;
    throw error;
  }
}

/** Of the app's service worker; undefined where the browser has none for this page. */
export async function ownRegistration(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined;
  try {
    return await navigator.serviceWorker.getRegistration();
  } catch (error) {
    // A browser that is set to keep nothing of this site.
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

export function onWorkerMessage(listener: (data: unknown) => void): void {
  if (!('serviceWorker' in navigator)) return;
  navigator.serviceWorker.addEventListener('message', ({ data }: MessageEvent<unknown>) => listener(data));
}
