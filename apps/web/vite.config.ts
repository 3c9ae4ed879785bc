import { createHash } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig, type Plugin } from 'vite';

/** Where `npm run dev` has the sync server. */
const server = `http://127.0.0.1:${process.env['PORT'] ?? '8080'}`;

/** A version is what it was made of: building the same source again is no new version for anybody. */
function sourceHash(): string {
  const root = join(import.meta.dirname, '..', '..');
  const hash = createHash('sha256');
  const sources = [
    'apps/web/{src,static}/**/*',
    'apps/web/*.ts',
    '{packages,vendor}/*/src/**/*',
    'pnpm-lock.yaml',
  ];
  for (const file of globSync(sources, { cwd: root, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()) {
    hash.update(relative(root, file)).update(readFileSync(file));
  }
  return hash.digest('hex').slice(0, 12);
}

/**
 * The glue of the WASM names a file beside itself, for those who do not give it a compiled module as we do: without
 * this the app would be built, and downloaded, with a second copy that nobody opens.
 */
function withoutSecondWasm(): Plugin {
  const named = 'new URL("crsqlite-sync.wasm",import.meta.url)';
  return {
    name: 'without-second-wasm',
    enforce: 'pre',
    transform(code, id) {
      return id.endsWith('/crsqlite-sync.mjs') ? code.replace(named, 'new URL("about:blank")') : undefined;
    },
  };
}

export default defineConfig({
  plugins: [
    withoutSecondWasm(),
    sveltekit({
      compilerOptions: { runes: true },
      adapter: adapter({ fallback: 'index.html' }),
      // A new version is announced by the service worker, which has already fetched it.
      version: { name: sourceHash(), pollInterval: 0 },
      serviceWorker: { register: false },
      paths: { relative: false },
      // Every screen is there as soon as the first one is, also when the network goes before the service worker has fetched
      // the rest; and a first visit makes a dozen requests in place of a hundred.
      output: { bundleStrategy: 'single' },
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['self'],
          'script-src': ['self', 'wasm-unsafe-eval'],
          'style-src': ['self'],
          // The router's announcer for screen readers is styled by an attribute.
          'style-src-attr': ['unsafe-inline'],
          'img-src': ['self', 'data:', 'blob:'],
          // The sync server may be another host: ?server=ws://…
          'connect-src': ['self', 'http:', 'https:', 'ws:', 'wss:'],
          'object-src': ['none'],
          'base-uri': ['none'],
          'form-action': ['self'],
        },
      },
    }),
  ],
  worker: { format: 'es', plugins: () => [withoutSecondWasm()] },
  build: { target: 'es2024' },
  server: {
    proxy: {
      '/sync': { target: server, ws: true },
      '/api': { target: server },
      '/health': { target: server },
      '^/[A-Za-z0-9._-]+\\.(sqlite3|sqlite|db)/': { target: server },
    },
  },
});
