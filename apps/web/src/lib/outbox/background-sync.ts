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

/** What became of asking to be woken. */
export type SyncAsked =
  | 'registered'
  /** This browser does not wake anybody, or its user has switched that off. */
  | 'missing'
  /** There is no service worker yet that could be woken. */
  | 'too-early';

export function isSyncEvent(event: Event): event is SyncEvent {
  return event.type === 'sync' && 'tag' in event && 'waitUntil' in event;
}

/** Asks the browser to wake the service worker as soon as there is a network. */
export async function registerSync(registration: ServiceWorkerRegistration | undefined): Promise<SyncAsked> {
  if (typeof ServiceWorkerRegistration === 'undefined' || !('sync' in ServiceWorkerRegistration.prototype))
    return 'missing';
  if (!registration?.active || !hasBackgroundSync(registration)) return 'too-early';
  try {
    await registration.sync.register(SYNC_TAG);
    return 'registered';
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    return error.name === 'NotAllowedError' ? 'missing' : 'too-early';
  }
}

function hasBackgroundSync(
  registration: ServiceWorkerRegistration,
): registration is ServiceWorkerRegistration & WithSync {
  return 'sync' in registration;
}

/** Calls back with the app's service worker once there is one that can be woken. */
export function whenInstalled(listener: (registration: ServiceWorkerRegistration) => void): void {
  if ('serviceWorker' in navigator) void navigator.serviceWorker.ready.then(listener);
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
