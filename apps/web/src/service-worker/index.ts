import { version } from '$app/env';
import { assets, immutable } from '$app/manifest';
import { self } from '$app/service-worker';
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

function absolute(path: string): string {
  return path.startsWith('/') ? path : `/${path}`;
}

/** What workbox-window posts when somebody wants the new version. */
function isSkipWaiting(data: unknown): boolean {
  return typeof data === 'object' && data !== null && 'type' in data && data.type === 'SKIP_WAITING';
}
