// npm run dev: Vite with reload for the app, and the sync server with restart at each change of its sources.
import { type ChildProcess, spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname, '..');
const app = join(root, 'apps', 'web');

/** Named, because the worker threads' sources are nobody's imports in the main thread. */
const watched = globSync(['apps/sync-server/src', '{packages,vendor}/*/src'], { cwd: root });

const children = [
  run('server', root, [
    ...watched.map((folder) => `--watch-path=${folder}`),
    '--watch-preserve-output',
    join(root, 'apps', 'sync-server', 'src', 'main.ts'),
  ]),
  run('app', app, [join(app, 'node_modules', 'vite', 'bin', 'vite.js'), 'dev']),
];

let stopping = false;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop(0));

/** One without the other is of no use: the first that ends takes the other with it. */
function run(name: string, cwd: string, args: string[]): ChildProcess {
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: 'inherit',
    env: { OCTAVO_DEV: '1', ...process.env },
  });
  child.on('exit', (code) => {
    if (!stopping) process.stderr.write(`The ${name} has ended.\n`);
    stop(code ?? 1);
  });
  return child;
}

function stop(code: number): void {
  if (stopping) return;
  stopping = true;
  process.exitCode = code;
  for (const child of children) child.kill('SIGTERM');
}
