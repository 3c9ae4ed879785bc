// The one entry of every npm script. Plain JavaScript that Node 18 can run: it installs the workspace with a
// pinned pnpm, then hands over to the pinned Node, which runs the TypeScript of the real command.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileCache } from './compile-cache.mjs';

const PARENT_CHECK_MS = 500;

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [command, ...args] = process.argv.slice(2);

const commands = {
  start: 'scripts/start.ts',
  build: 'scripts/build.ts',
  test: 'scripts/test.ts',
  dev: 'scripts/dev.ts',
  bench: 'bench/src/main.ts',
  octavo: 'apps/sync-server/src/cli/main.ts',
  simulate: 'packages/sync/test/simulator/main.ts',
};

if (!Object.hasOwn(commands, command)) {
  process.stderr.write(`Unknown command "${command}". Known: ${Object.keys(commands).join(', ')}.\n`);
  process.exit(2);
}

install();
await handOver(join(root, commands[command]));

/** Installs what the lockfile says, unless the last install is newer than the lockfile. */
function install() {
  const stamp = join(root, 'node_modules', '.octavo-installed');
  const lockfile = join(root, 'pnpm-lock.yaml');
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(lockfile).mtimeMs) return;
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  process.stderr.write(`Installing dependencies with ${packageManager}…\n`);
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  const result = spawnSync(
    npm,
    [
      'exec',
      '--yes',
      `--package=${packageManager}`,
      '--',
      'pnpm',
      'install',
      '--frozen-lockfile',
      '--reporter=append-only',
    ],
    { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' },
  );
  if (result.status !== 0) {
    process.stderr.write('The installation failed; the lines above say why. Nothing was started.\n');
    process.exit(result.status ?? 1);
  }
  writeFileSync(stamp, '');
  utimesSync(stamp, new Date(), new Date());
}

/** The Node pinned in package.json where the registry has it for this platform, else the running one if it is new enough. */
function pinnedNode() {
  const pinned = join(root, 'node_modules', '.bin', process.platform === 'win32' ? 'node.exe' : 'node');
  if (existsSync(pinned)) return pinned;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  process.stderr.write(
    'No pinned Node exists for this platform. Install Node 24 or later and run the command again.\n',
  );
  return process.exit(1);
}

async function handOver(script) {
  const { spawn } = await import('node:child_process');
  const child = spawn(pinnedNode(), [script, ...args], {
    stdio: 'inherit',
    env: {
      ...process.env,
      // Halves what a command needs to begin.
      NODE_COMPILE_CACHE: compileCache,
      PATH: `${join(root, 'node_modules', '.bin')}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}`,
    },
  });
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT']) process.on(signal, () => child.kill(signal));
  // npm runs a script through a shell, which a signal to npm ends without telling us: then nobody is left to serve.
  if (process.env.npm_lifecycle_event !== undefined) {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), PARENT_CHECK_MS).unref();
  }
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
