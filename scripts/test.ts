// npm test: the definition of done. Every check, whatever the ones before it said; the last line counts them.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { findChromium, findHeadlessShell } from './chromium.ts';
import { findFirefox } from './firefox.ts';
import { findReverseProxies } from './reverse-proxies.ts';
import { type Counts, readPlaywrightReport, readVitestReport } from './test-results.ts';

const root = join(import.meta.dirname, '..');
const modules = join(root, 'node_modules');
const reports = mkdtempSync(join(tmpdir(), 'octavo-test-'));
/** Several times what the whole run takes on two cores: what still runs then hangs, also on a slow day of the machine. */
const LIMIT_MS = 45 * 60_000;
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

const format: Step = {
  title: 'Format',
  args: [join(modules, 'prettier', 'bin', 'prettier.cjs'), '--check', '--log-level=warn', '.'],
};
const types: Step = { title: 'Types', args: [join(root, 'scripts', 'check-types.ts')] };
const lint: Step = { title: 'Lint', args: [join(modules, 'eslint', 'bin', 'eslint.js'), '.'] };
const dependencies: Step = {
  title: 'Dependencies point one way',
  args: [
    join(modules, 'dependency-cruiser', 'bin', 'dependency-cruiser.mjs'),
    ...['--config', '.dependency-cruiser.mjs', 'apps', 'packages', 'vendor'],
  ],
};
const unit: Step = {
  title: 'Unit tests and simulation',
  args: [
    join(modules, 'vitest', 'vitest.mjs'),
    ...['run', '--reporter=default', '--reporter=json', `--outputFile.json=${unitReport}`],
  ],
  count: (exitCode) => counted(exitCode, readVitestReport(unitReport)),
};
const build: Step = { title: 'Build of the app', args: [join(root, 'scripts', 'build.ts')] };
const e2e: Step = {
  title: 'End to end, in a real browser',
  args: [join(root, 'e2e', 'node_modules', '@playwright', 'test', 'cli.js'), 'test', '--reporter=list,json'],
  environment: { PLAYWRIGHT_JSON_OUTPUT_NAME: e2eReport, PLAYWRIGHT_JSON_OUTPUT_FILE: e2eReport },
  count: (exitCode) => counted(exitCode, readPlaywrightReport(e2eReport)),
};

const chromium = await findChromium();
const headlessShell = findHeadlessShell();
const firefox = findFirefox();
const proxies = findReverseProxies();
if (process.env['CI'] !== undefined && (firefox === undefined || proxies.length < 2))
  throw new Error(
    'CI has to try everything, and Firefox, nginx or Caddy was not found and could not be installed. Install them; FIREFOX_PATH may say where Firefox is.',
  );
process.stdout.write(
  `Chromium: ${chromium}\nIts headless shell: ${headlessShell ?? 'none, the whole one takes its place'}\n`,
);
process.stdout.write(`Firefox: ${firefox ?? 'none is here, so what is promised for it is left out'}\n`);
process.stdout.write(
  `Reverse proxies: ${proxies.join(', ') || 'none is here, so what is promised for them is left out'}\n`,
);

const total: Counts = { passed: 0, failed: 0 };
// First, because types and lint need what SvelteKit generates.
await run(build, 'as it comes');
// What only reads the sources uses one core: linting is as long as all the rest, and some of the unit tests.
const linted = run(lint, 'at the end');
for (const step of [format, types, dependencies]) await run(step, 'at the end');
await run(unit, 'as it comes');
await linted;
// Alone: it uses every core, and promises what a person sees within some seconds.
await run(e2e, 'as it comes');
rmSync(reports, { recursive: true, force: true });
process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
process.exit(total.failed === 0 ? 0 : 1);

/** Runs a step and adds to the total. Steps that run side by side show their output when they are done. */
async function run(step: Step, output: 'as it comes' | 'at the end'): Promise<void> {
  const { title, count } = step;
  const heading = `\n— ${title}\n`;
  if (output === 'as it comes') process.stdout.write(heading);
  const began = performance.now();
  const { exitCode, said } = await runCommand(step, output === 'as it comes');
  const { passed, failed } =
    count?.(exitCode) ?? counted(exitCode, { passed: exitCode === 0 ? 1 : 0, failed: 0 });
  total.passed += passed;
  total.failed += failed;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const result = `— ${title}: ${passed} passed, ${failed} failed, in ${seconds} s\n`;
  process.stdout.write(output === 'as it comes' ? result : heading + said + result);
}

/** A command that failed has a failure, also where its report knows of none. */
function counted(exitCode: number, { passed, failed }: Counts): Counts {
  return { passed, failed: exitCode === 0 ? failed : Math.max(1, failed) };
}

function runCommand(
  { args, environment = {} }: Step,
  inherit: boolean,
): Promise<{ exitCode: number; said: string }> {
  const stream = inherit ? 'inherit' : 'pipe';
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', stream, stream],
    env: {
      ...process.env,
      CHROME_PATH: chromium,
      CHROME_SHELL_PATH: headlessShell ?? '',
      FIREFOX_PATH: firefox ?? '',
      ...environment,
    },
  });
  let said = '';
  for (const output of [child.stdout, child.stderr])
    output?.on('data', (text: Buffer) => (said += text.toString()));
  const left = Math.max(0, LIMIT_MS - (performance.now() - startedAt));
  const outOfTime = setTimeout(() => {
    process.stdout.write('This is taking longer than the whole run may; stopping it.\n');
    child.kill('SIGTERM');
  }, left);
  const { promise, resolve } = Promise.withResolvers<{ exitCode: number; said: string }>();
  child.on('error', (error) => resolve({ exitCode: 1, said: `${error.message}\n` }));
  child.on('close', (code) => resolve({ exitCode: code ?? 1, said }));
  return promise.finally(() => clearTimeout(outOfTime));
}
