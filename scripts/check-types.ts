// Type-checks every project of the workspace and reports each one's errors. The web app is checked by svelte-check.
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname, '..');
const projects = globSync(
  [
    'tsconfig.json',
    '{packages,vendor}/*/tsconfig.json',
    'apps/sync-server/tsconfig.json',
    '{e2e,bench}/tsconfig.json',
    // What runs without a DOM.
    'apps/web/src/{workers,service-worker}/tsconfig.json',
  ],
  { cwd: root },
);

// First: it writes the configuration that the app's others extend.
const web = join(root, 'apps', 'web');
const kit = spawnSync(
  process.execPath,
  [join(web, 'node_modules', '@sveltejs', 'kit', 'svelte-kit.js'), 'sync'],
  { cwd: web, stdio: 'inherit' },
);
let failed = 0;
// The compiler that is a program of its own takes a fifth of the time; linter and svelte-check need the one before it.
const tsc = join(root, 'node_modules', 'typescript-7', 'bin', 'tsc');
for (const project of projects) {
  const result = spawnSync(process.execPath, [tsc, '-p', project], { cwd: root, stdio: 'inherit' });
  if (result.status !== 0) failed += 1;
}
const svelte = spawnSync(
  process.execPath,
  [
    join(web, 'node_modules', 'svelte-check', 'bin', 'svelte-check'),
    '--tsconfig',
    './tsconfig.json',
    '--fail-on-warnings',
  ],
  {
    cwd: web,
    stdio: 'inherit',
  },
);
if (kit.status !== 0 || svelte.status !== 0) failed += 1;
process.stdout.write(`${projects.length + 1 - failed} of ${projects.length + 1} projects type-check.\n`);
process.exit(failed === 0 ? 0 : 1);
