/** A real browser for `opfs.browser.test.ts`: a page of our own server that starts workers and gives them orders. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { type BrowserContext, chromium, type JSHandle, type Page } from 'playwright-core';
import { build } from 'vite';

import { WASM_PATH } from './node-wasm.ts';
import type { OrderName, Orders, Outcome } from './opfs-worker.fixture.ts';

const DEBIAN_CHROMIUM = '/usr/bin/chromium';
const WORKER = '/worker.js';
/** Keeps a browser in a closed network from looking for what it cannot reach. */
const QUIET = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
];

interface Served {
  readonly type: string;
  readonly body: string | Uint8Array;
}

/** The worker and everything it imports, as one module. */
async function bundleWorker(): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: false,
      target: 'es2024',
      rolldownOptions: {
        input: join(import.meta.dirname, 'opfs-worker.fixture.ts'),
        output: { format: 'es', codeSplitting: false },
      },
    },
  });
  if (!('output' in built)) throw new Error('Vite did not build what it was asked for.');
  const [{ code }] = built.output;
  return code;
}

async function serve(files: ReadonlyMap<string, Served>): Promise<Server> {
  const server = createServer((request, response) => {
    const file = files.get(request.url ?? '');
    if (file === undefined) response.writeHead(404).end();
    else response.writeHead(200, { 'content-type': file.type }).end(file.body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

export class TestBrowser {
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #server: Server;
  readonly #profile: string;

  private constructor(context: BrowserContext, page: Page, server: Server, profile: string) {
    this.#context = context;
    this.page = page;
    this.#server = server;
    this.#profile = profile;
  }

  /** `CHROME_PATH`, Debian's Chromium, or Playwright's own, with a profile on the disk: OPFS in an incognito one is another. */
  static async start(): Promise<TestBrowser> {
    const server = await serve(
      new Map<string, Served>([
        ['/', { type: 'text/html', body: '<!doctype html><title>crsqlite</title>' }],
        [WORKER, { type: 'text/javascript', body: await bundleWorker() }],
        ['/crsqlite-sync.wasm', { type: 'application/wasm', body: readFileSync(WASM_PATH) }],
      ]),
    );
    const profile = mkdtempSync(join(tmpdir(), 'octavo-crsqlite-browser-'));
    const installed =
      process.env['CHROME_PATH'] ?? (existsSync(DEBIAN_CHROMIUM) ? DEBIAN_CHROMIUM : undefined);
    const context = await chromium.launchPersistentContext(profile, {
      args: QUIET,
      ...(installed === undefined ? {} : { executablePath: installed }),
    });
    const page = await context.newPage();
    const { port } = server.address() as AddressInfo;
    await page.goto(`http://127.0.0.1:${port}/`);
    return new TestBrowser(context, page, server, profile);
  }

  async startWorker(): Promise<BrowserWorker> {
    return new BrowserWorker(
      await this.page.evaluateHandle((url) => new Worker(url, { type: 'module' }), WORKER),
    );
  }

  /** Sets the most that the page's origin may store, in bytes. Returns the function that gives the browser's own limit back. */
  async limitStorage(bytes: number): Promise<() => Promise<void>> {
    const session = await this.#context.newCDPSession(this.page);
    const { origin } = new URL(this.page.url());
    await session.send('Storage.overrideQuotaForOrigin', { origin, quotaSize: bytes });
    // The limit lasts as long as the session that set it.
    return () => session.detach();
  }

  async stop(): Promise<void> {
    await this.#context.close();
    await new Promise((resolve) => this.#server.close(resolve));
    rmSync(this.#profile, { recursive: true });
  }
}

/** A dedicated worker that obeys one order at a time. */
export class BrowserWorker {
  readonly #worker: JSHandle<Worker>;

  constructor(worker: JSHandle<Worker>) {
    this.#worker = worker;
  }

  /** The result of an order that succeeds. */
  async order<Name extends OrderName>(
    name: Name,
    ...args: Parameters<Orders[Name]>
  ): Promise<Awaited<ReturnType<Orders[Name]>>> {
    const outcome = await this.try(name, ...args);
    if ('failure' in outcome) throw new Error(`${name} failed with ${outcome.failure}: ${outcome.message}`);
    // The worker answers an order with what it returned.
    return outcome.value as Awaited<ReturnType<Orders[Name]>>;
  }

  /** What an order came to, also when it fails. */
  async try<Name extends OrderName>(name: Name, ...args: Parameters<Orders[Name]>): Promise<Outcome> {
    return this.#worker.evaluate(
      (worker, message) =>
        new Promise<Outcome>((resolve, reject) => {
          worker.onmessage = (event: MessageEvent<Outcome>) => resolve(event.data);
          worker.onerror = (event) => reject(new Error(event.message));
          worker.postMessage(message);
        }),
      { name, args },
    );
  }

  /** Ends the worker in the middle of whatever it does. */
  async kill(): Promise<void> {
    await this.#worker.evaluate((worker) => worker.terminate());
  }
}
