// Builds the web app, unless what is built was made from these very sources.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname, '..');
const app = join(root, 'apps', 'web');
/** What a build leaves: the app, and the types that the checks of its sources need. */
const results = [join(app, 'build', 'index.html'), join(app, '.svelte-kit')];
/** Holds the fingerprint of the sources of the last build. Beside the packages, which a build depends on as well. */
const stamp = join(root, 'node_modules', '.octavo-app-built');

const sources = [
  'apps/web/{src,static}/**/*',
  'apps/web/*.{json,js,ts}',
  '{packages,vendor}/*/src/**/*',
  '{packages,vendor}/*/package.json',
  'pnpm-lock.yaml',
  'tsconfig.base.json',
];

/** Builds the app where needed; what the build says goes to standard error. Throws when it fails. */
export function ensureAppBuilt(): void {
  const fingerprint = fingerprintOfSources();
  const there = [...results, stamp].every((path) => existsSync(path));
  if (there && readFileSync(stamp, 'utf8') === fingerprint) return;
  buildApp();
  writeFileSync(stamp, fingerprint);
}

function buildApp(): void {
  process.stderr.write('Building the app…\n');
  const vite = join(app, 'node_modules', 'vite', 'bin', 'vite.js');
  const result = spawnSync(process.execPath, [vite, 'build'], { cwd: app, stdio: ['ignore', 2, 2] });
  if (result.status !== 0) throw new Error('The app could not be built; the lines above say why.');
}

function fingerprintOfSources(): string {
  const hash = createHash('sha256');
  const files = globSync(sources, { cwd: root, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const path of files.map((entry) => join(entry.parentPath, entry.name)).sort()) {
    if (path.endsWith('.test.ts')) continue;
    hash.update(path.slice(root.length)).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
