// Puts one deliberate bug after the other into a copy of the sources and reports what catches it:
// node packages/sync/test/mutants/main.ts [--seeds 500] [--simulator-only] [--only <words of its name>]…
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { type Mutant, mutants } from './mutants.ts';

const root = join(import.meta.dirname, '..', '..', '..', '..');
const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    'simulator-only': { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [''] },
  },
});

/** A test that only a busy machine makes late has caught nothing. */
const PATIENCE_MS = 600_000;

const healthy = hunt(undefined);
if (healthy !== undefined) throw new Error(`Without any bug this fails already: ${healthy}`);

const chosen = mutants.filter(({ name }) => values.only.some((words) => name.includes(words)));
let escaped = 0;
for (const mutant of chosen) {
  const started = performance.now();
  const caught = hunt(mutant);
  if (caught === undefined) escaped += 1;
  const seconds = ((performance.now() - started) / 1_000).toFixed(1);
  process.stdout.write(
    `${caught === undefined ? 'ESCAPED' : 'caught'}  ${mutant.name}: ${caught ?? 'by nothing'} (${seconds} s)\n`,
  );
}
process.stdout.write(`${chosen.length - escaped} caught, ${escaped} escaped\n`);
process.exitCode = escaped === 0 ? 0 : 1;

/** What catches a bug, in words; undefined when nothing does. */
function hunt(mutant: Mutant | undefined): string | undefined {
  const copy = mkdtempSync(join(tmpdir(), 'octavo-mutant-'));
  try {
    for (const folder of ['packages', 'vendor'])
      cpSync(join(root, folder), join(copy, folder), { recursive: true, verbatimSymlinks: true });
    for (const file of ['package.json', 'vitest.config.ts', 'tsconfig.base.json'])
      cpSync(join(root, file), join(copy, file));
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    if (mutant !== undefined) plant(mutant, join(copy, mutant.file));
    return values['simulator-only'] ? bySimulator(copy) : (byTests(copy) ?? bySimulator(copy));
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function plant({ name, find, replace }: Mutant, file: string): void {
  const source = readFileSync(file, 'utf8');
  if (source.split(find).length !== 2)
    throw new Error(`"${name}": the text to replace is not there exactly once in ${file}.`);
  writeFileSync(
    file,
    source.replace(find, () => replace),
  );
}

interface Report {
  testResults: { message: string; assertionResults: { status: string; fullName: string }[] }[];
}

function byTests(copy: string): string | undefined {
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const output = join(copy, 'report.json');
  const report = ['--reporter=json', `--outputFile=${output}`];
  const patient = [`--testTimeout=${PATIENCE_MS}`, `--hookTimeout=${PATIENCE_MS}`];
  const args = ['run', '--bail=1', ...patient, ...report, 'packages/sync/', '--exclude', '**/simulator/**'];
  const { status, stderr } = spawnSync(process.execPath, [vitest, ...args], { cwd: copy, encoding: 'utf8' });
  if (status === 0) return undefined;
  if (!existsSync(output)) return `the tests do not start: ${stderr}`;
  // The reporter writes one object; what it holds is vitest's own, not somebody's input.
  const { testResults } = JSON.parse(readFileSync(output, 'utf8')) as Report;
  const failed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .find((result) => result.status === 'failed');
  return failed === undefined
    ? `the tests do not load: ${testResults.map(({ message }) => message).join(' ')}`
    : `test "${failed.fullName}"`;
}

function bySimulator(copy: string): string | undefined {
  const main = join(copy, 'packages', 'sync', 'test', 'simulator', 'main.ts');
  const { stdout } = spawnSync(process.execPath, [main, '--seeds', values.seeds, '--until-failure'], {
    cwd: copy,
    encoding: 'utf8',
  });
  const found = /^seed (\d+): (.*)$/m.exec(stdout);
  return found === null ? undefined : `simulator, seed ${found[1] ?? ''}: ${(found[2] ?? '').slice(0, 100)}`;
}
