// Installs a package of the system, where this user may.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';

const LIMIT_MS = 180_000;

/** May fail or be impossible; what it left is looked at afterwards. */
export function installWithApt(name: string): void {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) return;
  run(['update', '-q']);
  run(['install', '-y', '-q', '--no-install-recommends', name]);
}

function run(args: string[]): void {
  spawnSync('apt-get', args, {
    stdio: 'inherit',
    timeout: LIMIT_MS,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
}
