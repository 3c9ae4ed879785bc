import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import type { S3Place } from '../../src/cloud/store/s3-store.ts';

const program = join(import.meta.dirname, 's3-process.ts');
const BUCKET = 'shops';

/** An S3 server in a process of its own, over a folder: it can be stopped, killed, frozen and started again. */
export class S3Server implements AsyncDisposable {
  readonly #folder: string;
  #port = 0;
  #running: ChildProcess | undefined;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async start(folder: string): Promise<S3Server> {
    const server = new S3Server(folder);
    await server.restart();
    return server;
  }

  /** What a client needs to know, its credentials aside. */
  get place(): S3Place {
    return {
      bucket: BUCKET,
      prefix: 'octavo/',
      endpoint: `http://127.0.0.1:${this.#port}`,
      region: 'us-east-1',
    };
  }

  /** What a server process is told to keep its copies here. */
  get environment(): Record<string, string> {
    const { bucket, prefix, endpoint = '', region } = this.place;
    return {
      OCTAVO_CLOUD: `s3://${bucket}/${prefix}`,
      OCTAVO_S3_ENDPOINT: endpoint,
      AWS_REGION: region,
      AWS_ACCESS_KEY_ID: this.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.credentials.secretAccessKey,
    };
  }

  readonly credentials = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };

  /** Starts it where it is not running, on the port it had before. */
  async restart(): Promise<void> {
    const child = spawn(process.execPath, [program, this.#folder, String(this.#port), BUCKET], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#running = child;
    const [port] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    this.#port = Number(port);
  }

  /** Ends it as a power cut does. */
  async kill(): Promise<void> {
    const child = this.#running;
    this.#running = undefined;
    if (child === undefined) return;
    child.kill('SIGKILL');
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }

  /** It keeps its port and its connections, and does nothing. */
  freeze(): void {
    this.#running?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#running?.kill('SIGCONT');
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}
