import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { join } from 'node:path';
import process from 'node:process';
import { onTestFinished } from 'vitest';

const source = join(import.meta.dirname, '..', 'src');

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** A server in a process of its own, which can be killed. */
export interface ServerProcess {
  url: string;
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Starts `main.ts`, to be killed with the test; settles when it has printed its address. */
export async function startProcess(environment: Record<string, string>): Promise<ServerProcess> {
  const server = await spawnServer(environment);
  onTestFinished(() => void server.child.kill('SIGKILL'));
  return server;
}

/** Starts `main.ts`; whoever asks for it ends it. */
export async function spawnServer(
  environment: Record<string, string>,
  user: { uid?: number; gid?: number } = {},
): Promise<ServerProcess> {
  const { child, ended, output } = begin(environment, user);
  const { promise, resolve } = Promise.withResolvers<string>();
  child.stdout.on('data', () => {
    const [, url] = /^Octavo is ready at (\S+)\n/.exec(output.stdout) ?? [];
    if (url !== undefined) resolve(url);
  });
  const url = await Promise.race([promise, ended.then(({ stderr }) => Promise.reject(new Error(stderr)))]);
  return { url, child, ended };
}

/** Starts `main.ts` and waits for its end. */
export function runToItsEnd(environment: Record<string, string>): Promise<Ended> {
  const { child, ended } = begin(environment);
  onTestFinished(() => void child.kill('SIGKILL'));
  return ended;
}

/** Runs the command line as a person does. */
export function octavoProcess(
  args: string[],
  options: { cwd?: string; env?: Record<string, string | undefined> } = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [join(source, 'cli', 'main.ts'), ...args],
      options,
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr });
      },
    );
  });
}

function begin(environment: Record<string, string>, user: { uid?: number; gid?: number } = {}) {
  const child = spawn(process.execPath, [join(source, 'main.ts')], {
    env: { ...process.env, PORT: '0', OCTAVO_DEV: '1', OCTAVO_LOG: 'error', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, ...output })));
  return { child, ended, output };
}
