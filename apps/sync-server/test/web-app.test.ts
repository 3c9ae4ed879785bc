import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rawGet } from './raw-get.ts';
import { ask, runServer, shareServer } from './running-server.ts';

const page = `<!doctype html><html><head><script type="module" src="/_app/immutable/start.js"></script></head>
<body><script>window.ready = 1;</script></body></html>`;

/** A built app, as far as the server can tell. */
async function buildApp(dataDir: string): Promise<{ webRoot: string }> {
  const webRoot = join(dataDir, 'app');
  await mkdir(join(webRoot, '_app', 'immutable'), { recursive: true });
  await writeFile(join(webRoot, 'index.html'), page);
  await writeFile(join(webRoot, '_app', 'immutable', 'start.js'), 'export {};');
  await writeFile(join(webRoot, '_app', 'version.json'), '{}');
  await writeFile(join(webRoot, 'service-worker.js'), 'self;');
  await writeFile(
    join(webRoot, '_app', 'immutable', 'sqlite.wasm'),
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
  );
  return { webRoot };
}

const server = shareServer(buildApp);

const asBrowser = { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } };

describe('the app', () => {
  test('is served at the root, and at every address of its own', async () => {
    const { url } = server();
    for (const path of ['/', '/books', '/notes/0192b7a4/lines', '/books?search=fox']) {
      const response = await fetch(url + path, asBrowser);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toContain('text/html');
      expect(await response.text()).toBe(page);
    }
  });

  test('files named after their content are kept for ever; everything else is asked for again', async () => {
    const { url } = server();
    const cacheControl = async (path: string) =>
      (await fetch(url + path, asBrowser)).headers.get('cache-control');
    expect(await cacheControl('/_app/immutable/start.js')).toBe('public, max-age=31536000, immutable');
    for (const path of ['/', '/books', '/service-worker.js', '/_app/version.json']) {
      expect(await cacheControl(path)).toBe('no-cache');
    }
  });

  test('what has not changed is not sent again', async () => {
    const { url } = server();
    const first = await fetch(`${url}/service-worker.js`);
    const etag = first.headers.get('etag') ?? '';
    await first.arrayBuffer();
    const again = await rawGet(url, '/service-worker.js', { 'if-none-match': etag });
    expect(again.status).toBe(304);
  });

  test('a file that is not there is no page', async () => {
    const { url } = server();
    for (const path of ['/_app/immutable/gone.js', '/favicon.ico']) {
      expect(await ask(url + path, asBrowser)).toMatchObject({ status: 404, body: { error: 'not-found' } });
    }
    expect(await ask(`${url}/books`, { method: 'POST' })).toMatchObject({ status: 404 });
    expect(await ask(`${url}/books`)).toMatchObject({ status: 404, body: { error: 'not-found' } });
  });

  test.each(['/../../etc/passwd', '/..%2f..%2fetc/passwd', '/_app/%2e%2e/%2e%2e/etc/passwd'])(
    '%s leads nowhere',
    async (path) => {
      const { url } = server();
      const { status, body } = await rawGet(url, path);
      expect([403, 404]).toContain(status);
      expect(body).toMatchObject({ error: expect.stringMatching(/^(forbidden-path|not-found)$/) as unknown });
    },
  );

  test('may run its own scripts, those in the page included, and WebAssembly; nothing else', async () => {
    const { url } = server();
    for (const path of ['/', '/_app/immutable/start.js']) {
      const policy = (await fetch(url + path, asBrowser)).headers.get('content-security-policy');
      expect(policy).toContain(
        "script-src 'self' 'wasm-unsafe-eval' 'sha256-/5pjdBR9P5n258AYvvlGiOMF+17JVHPoI5NFO88kzhc=';",
      );
      expect(policy).not.toContain("script-src 'self' 'unsafe-inline'");
    }
    const wasm = await fetch(`${url}/_app/immutable/sqlite.wasm`);
    expect(wasm.headers.get('content-type')).toBe('application/wasm');
  });

  test('until it has been built, its addresses say what to do and the server works', async () => {
    const { url } = await runServer();
    expect(await ask(`${url}/`, asBrowser)).toMatchObject({ status: 404, body: { error: 'app-not-built' } });
    expect((await ask(`${url}/health`)).status).toBe(200);
  });
});
