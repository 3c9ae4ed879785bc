import { type ChildProcess, spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { serverMain } from './paths.ts';
import { makeTemporaryFolder, removeFolder } from './temporary-folder.ts';

const START_LIMIT_MS = 20_000;
const readyLine = /^Octavo is ready at (\S+)$/;
const signInLine = / (http\S+\/#code=\S+)$/;

export const SHOP = 'shop.sqlite3';

export type JsonRow = Record<string, unknown>;

export interface ServerOptions {
  /** Allows `/exec` and `/reset`. */
  dev?: boolean;
  /** Other origins whose pages may use the server. */
  origins?: readonly string[];
  /** Proxies that it believes when they name the address of a client. */
  proxies?: string;
  /** Where it keeps copies of its databases; in its data folder where nothing is said. */
  cloud?: string;
  /** Asks everybody for a token. */
  tokens?: boolean;
  /** What else its environment says, such as in which bucket it keeps copies. */
  environment?: Readonly<Record<string, string>>;
  /** The address of a module that each of its threads loads before anything else. */
  preload?: URL;
}

/** An answer of the HTTP interface that is not a success. */
export class HttpAnswerError extends Error {
  override readonly name = 'HttpAnswerError';
  readonly status: number;
  readonly body: unknown;

  constructor(status: number, body: unknown) {
    super(`The server answered ${status}: ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/**
 * A real server in a process of its own, on a free port and a data folder of its own, so that it can be killed, frozen
 * and restarted like one that belongs to somebody.
 */
export class ServerProcess implements AsyncDisposable {
  readonly dataDir: string;
  readonly #options: ServerOptions;
  /** 0 until the first start has chosen one; every later start takes the same. */
  #port = 0;
  #running: ChildProcess | undefined;
  #log = '';
  readonly #signInUrl = Promise.withResolvers<string>();

  private constructor(dataDir: string, options: ServerOptions) {
    this.dataDir = dataDir;
    this.#options = options;
  }

  static async start(options: ServerOptions = {}): Promise<ServerProcess> {
    const server = new ServerProcess(await makeTemporaryFolder('data'), options);
    await server.restart();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get port(): number {
    return this.#port;
  }

  /** The link for the first administrator, which it prints at its first start with `tokens`. */
  get signInUrl(): Promise<string> {
    return this.#signInUrl.promise;
  }

  /** Everything that it has said on standard error, over all its starts. */
  get log(): string {
    return this.#log;
  }

  /** Starts it where it is not running, on the port it had before. Resolves when it is ready. */
  async restart(): Promise<void> {
    if (this.#running !== undefined) throw new Error('The server is running already.');
    const child = spawn(process.execPath, [serverMain], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        // What the test runner gives its own processes is none of the server's business.
        NODE_OPTIONS: this.#options.preload === undefined ? '' : `--import=${this.#options.preload.href}`,
        PORT: String(this.#port),
        HOST: '127.0.0.1',
        DATA_DIR: this.dataDir,
        OCTAVO_DEV: this.#options.dev === false ? '0' : '1',
        OCTAVO_ORIGINS: (this.#options.origins ?? []).join(','),
        OCTAVO_PROXIES: this.#options.proxies ?? '',
        OCTAVO_AUTH: this.#options.tokens === true ? 'tokens' : 'none',
        OCTAVO_LOG: 'debug',
        OCTAVO_CLOUD: this.#options.cloud ?? 'file',
        ...this.#options.environment,
      },
    });
    this.#running = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#log += text));
    const url = await this.#readyUrl(child);
    this.#port = Number(new URL(url).port);
  }

  #readyUrl(child: ChildProcess): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    if (child.stdout === null) throw new Error('The server has no standard output.');
    const lines = createInterface({ input: child.stdout });
    const outOfTime = setTimeout(
      () => reject(new Error(`The server was not ready within ${START_LIMIT_MS} ms.\n${this.#log}`)),
      START_LIMIT_MS,
    );
    lines.on('line', (line) => {
      const url = readyLine.exec(line)?.[1];
      if (url !== undefined) resolve(url);
      const signInUrl = signInLine.exec(line)?.[1];
      if (signInUrl !== undefined) this.#signInUrl.resolve(signInUrl);
    });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (this.#running === child) this.#running = undefined;
      reject(new Error(`The server ended (${signal ?? code}) before it was ready.\n${this.#log}`));
    });
    return promise.finally(() => clearTimeout(outOfTime));
  }

  /** Asks it to stop, and waits until it has. */
  stop(): Promise<void> {
    return this.#end('SIGTERM');
  }

  /** What a power cut does: no farewell, nothing flushed that was not on disk. */
  kill(): Promise<void> {
    return this.#end('SIGKILL');
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#running;
    if (child === undefined) return;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    child.once('exit', () => resolve(undefined));
    // It may have ended before we listened; a process that has ended has one of the two.
    if (child.exitCode !== null || child.signalCode !== null) resolve(undefined);
    child.kill(signal);
    // A frozen process takes note of SIGTERM only when it goes on.
    if (signal === 'SIGTERM') child.kill('SIGCONT');
    await promise;
    this.#running = undefined;
  }

  /** It keeps its port and its connections, and does nothing: the hung server that no connection error betrays. */
  freeze(): void {
    this.#running?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#running?.kill('SIGCONT');
  }

  /** Rows as JSON has them. @throws HttpAnswerError */
  async exec(sql: string, bind: readonly unknown[] = [], database = SHOP): Promise<JsonRow[]> {
    const body = await this.request(`/${database}/exec`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ sql, bind }),
    });
    const rows: unknown = isRecord(body) ? body['rows'] : undefined;
    return Array.isArray(rows) ? rows.filter(isRecord) : [];
  }

  /** The first column of the first row, as a number. */
  async count(sql: string, bind: readonly unknown[] = []): Promise<number> {
    const [row] = await this.exec(sql, bind);
    return Number(Object.values(row ?? {})[0]);
  }

  /** What SQLite says about the file: `ok`, or what is wrong with it. */
  async integrity(database = SHOP): Promise<string> {
    const rows = await this.exec('PRAGMA integrity_check', [], database);
    return rows.flatMap((row) => Object.values(row)).join('\n');
  }

  /** The body of a successful answer. @throws HttpAnswerError for any other. */
  async request(path: string, init: RequestInit = {}): Promise<unknown> {
    const response = await fetch(new URL(path, this.url), init);
    const text = await response.text();
    const body: unknown = response.headers.get('content-type')?.startsWith('application/json')
      ? JSON.parse(text)
      : text;
    if (!response.ok) throw new HttpAnswerError(response.status, body);
    return body;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await removeFolder(this.dataDir);
  }
}

function isRecord(value: unknown): value is JsonRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
