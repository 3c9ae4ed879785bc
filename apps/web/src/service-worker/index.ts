import { version } from '$app/env';
import { assets, immutable } from '$app/manifest';
import { self } from '$app/service-worker';
import { IdbStore } from '@octavo/outbox/idb-store.ts';
import { isSyncEvent, registerSync, SYNC_TAG } from '#lib/outbox/background-sync.ts';
import type { OutboxNews } from '#lib/outbox/news.ts';
import { browserPorts } from '#lib/outbox/ports.ts';
import { runOnSyncEvent } from '#lib/outbox/sync-event.ts';
import { parseServer } from '#lib/settings/address.ts';
import { loadSettings } from '#lib/settings/settings.ts';
import { cleanupOutdatedCaches, createHandlerBoundToURL, precacheAndRoute } from 'workbox-precaching';
import { NavigationRoute, registerRoute } from 'workbox-routing';

const SHELL = '/index.html';

// The whole app, the workers and the WASM included, so that it opens with no network at all.
precacheAndRoute([
  { url: SHELL, revision: version },
  ...immutable.map(({ path }) => ({ url: absolute(path), revision: null })),
  ...assets.map(({ path }) => ({ url: absolute(path), revision: version })),
]);
cleanupOutdatedCaches();

// Every screen is the same document. What only the server can answer is never answered here.
registerRoute(
  new NavigationRoute(createHandlerBoundToURL(SHELL), {
    denylist: [/^\/api\//, /^\/(sync|health|metrics)$/, /^\/[^/]+\.(sqlite3|sqlite|db)\//],
  }),
);

self.addEventListener('message', ({ data }: ExtendableMessageEvent) => {
  if (isSkipWaiting(data)) void self.skipWaiting();
});

// The first visit's page is served from here too as soon as everything is in the cache.
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

const outbox = browserPorts({
  store: new IdbStore(),
  access: async () => {
    const { server, database, token } = await loadSettings();
    return { server: server ?? parseServer(self.location.origin), database, token };
  },
  fetch: (address, init) => fetch(address, init),
  tell,
});

self.addEventListener('sync', (event: Event) => {
  if (!isSyncEvent(event) || event.tag !== SYNC_TAG) return;
  const again = async () => (await registerSync(self.registration)) === 'registered';
  event.waitUntil(runOnSyncEvent(outbox, { again, tell }).finally(() => told));
});

let told = Promise.resolve();

/** One after the other, so that no page hears of an end before what was before it. */
function tell(news: OutboxNews): void {
  told = told.then(() => postToPages(news));
}

async function postToPages(news: OutboxNews): Promise<void> {
  const pages = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  for (const page of pages) page.postMessage(news);
}

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** What workbox-window posts when somebody wants the new version. */
function isSkipWaiting(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING';
}
