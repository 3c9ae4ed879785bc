// Runs many seeds: node packages/sync/test/simulator/main.ts --seeds 1000 [--from 1] [--until-failure]
import process from 'node:process';
import { parseArgs } from 'node:util';
import { Coverage } from './coverage.ts';
import { simulate } from './run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    'until-failure': { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
const started = performance.now();
const coverage = new Coverage();
let failed = 0;

for (let seed = from; seed < from + seeds; seed += 1) {
  const failure = await simulate(seed, coverage);
  if (failure !== undefined) {
    failed += 1;
    process.stdout.write(
      `seed ${failure.seed}: ${failure.message}\n${failure.trace.map((line) => `  ${line}\n`).join('')}`,
    );
    process.exitCode = 1;
    if (values['until-failure']) break;
  }
}
const seconds = (performance.now() - started) / 1_000;
for (const line of coverage.lines()) process.stdout.write(`${line}\n`);
process.stdout.write(`${seeds} seeds, ${failed} failed, ${seconds.toFixed(1)} s\n`);
