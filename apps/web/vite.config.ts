import adapter from '@sveltejs/adapter-static';
import { sveltekit } from '@sveltejs/kit/vite';
import { defineConfig } from 'vite';

const server = 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [
    sveltekit({
      compilerOptions: { runes: true },
      adapter: adapter({ fallback: 'index.html' }),
      // A new version is announced by the service worker, which has already fetched it.
      version: { pollInterval: 0 },
      serviceWorker: { register: false },
      paths: { relative: false },
      csp: {
        mode: 'hash',
        directives: {
          'default-src': ['self'],
          'script-src': ['self', 'wasm-unsafe-eval'],
          'style-src': ['self'],
          'img-src': ['self', 'data:', 'blob:'],
          // The sync server may be another host: ?server=ws://…
          'connect-src': ['self', 'ws:', 'wss:'],
          'object-src': ['none'],
          'base-uri': ['none'],
          'form-action': ['self'],
        },
      },
    }),
  ],
  worker: { format: 'es' },
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
