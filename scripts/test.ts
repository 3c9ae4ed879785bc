// npm test: the definition of done. Every check, whatever the ones before it said; the last line counts them.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findChromium } from './chromium.ts';
import { type Counts, readPlaywrightReport, readVitestReport } from './test-results.ts';

const root = join(import.meta.dirname, '..');
const modules = join(root, 'node_modules');
const reports = mkdtempSync(join(tmpdir(), 'octavo-test-'));
/** The whole run, on two slow cores. What still runs then hangs. */
const LIMIT_MS = 12 * 60_000;
const startedAt = performance.now();

interface Step {
  title: string;
  args: string[];
  environment?: Record<string, string>;
  /** How many tests a step stands for: itself, unless it says. The exit code is what the command ended with. */
  count?: (exitCode: number) => Counts;
}

const unitReport = join(reports, 'unit.json');
const e2eReport = join(reports, 'e2e.json');

const steps: Step[] = [
  {
    title: 'Format',
    args: [join(modules, 'prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'],
  },
  { title: 'Types', args: [join(root, 'scripts', 'check-types.ts')] },
  { title: 'Lint', args: [join(modules, 'eslint', 'bin', 'eslint.js'), '.'] },
  {
    title: 'Dependencies point one way',
    args: [
      join(modules, 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
      ...['--config', '.dependency-cruiser.mjs', 'apps', 'packages', 'vendor'],
    ],
  },
  {
    title: 'Unit tests and simulation',
    args: [
      join(modules, 'vitest', 'vitest.mjs'),
      ...['run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`],
    ],
    count: (exitCode) => counted(exitCode, readVitestReport(unitReport)),
  },
  { title: 'Build of the app', args: [join(root, 'scripts', 'build.ts')] },
  {
    title: 'End to end, in a real browser',
    args: [
      join(root, 'e2e', 'node_modules', '@playwright', 'test', 'cli.js'),
      'test',
      '--reporter=list,json',
    ],
    environment: { PLAYWRIGHT_JSON_OUTPUT_NAME: e2eReport, PLAYWRIGHT_JSON_OUTPUT_FILE: e2eReport },
    count: (exitCode) => counted(exitCode, readPlaywrightReport(e2eReport)),
  },
];

const chromium = await findChromium();
process.stdout.write(`Chromium: ${chromium}\n`);

const total: Counts = { passed: 0, failed: 0 };
for (const step of steps) {
  const { passed, failed } = await run(step);
  total.passed += passed;
  total.failed += failed;
}
rmSync(reports, { recursive: true, force: true });
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 ? 0 : 1);

async function run({ title, args, environment = {}, count }: Step): Promise<Counts> {
  process.stdout.write(`\n— ${title}\n`);
  const began = performance.now();
  const exitCode = await exitCodeOf(args, environment);
  const counts = count?.(exitCode) ?? counted(exitCode, { passed: exitCode === 0 ? 1 : 0, failed: 0 });
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  process.stdout.write(`— ${title}: ${counts.passed} passed, ${counts.failed} failed, in ${seconds} s\n`);
  return counts;
}

/** A command that failed has a failure, also where its report knows of none. */
function counted(exitCode: number, { passed, failed }: Counts): Counts {
  return { passed, failed: exitCode === 0 ? failed : Math.max(1, failed) };
}

function exitCodeOf(args: string[], environment: Record<string, string>): Promise<number> {
  const left = LIMIT_MS - (performance.now() - startedAt);
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, CHROME_PATH: chromium, ...environment },
  });
  const outOfTime = setTimeout(
    () => {
      process.stdout.write('This is taking longer than the whole run may; stopping it.\n');
      child.kill('SIGTERM');
    },
    Math.max(0, left),
  );
  const { promise, resolve } = Promise.withResolvers<number>();
  child.on('error', (error) => {
    process.stdout.write(`${error.message}\n`);
    resolve(1);
  });
  child.on('exit', (code) => resolve(code ?? 1));
  return promise.finally(() => clearTimeout(outOfTime));
}
