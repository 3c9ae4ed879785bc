// Runs many seeds: node packages/sync/test/fuzz/main.ts --seeds 1000 [--from 1] [--target server|client] [--until-failure]
import process from 'node:process';
import { parseArgs } from 'node:util';
import { fuzz, type Target, targets } from './run.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true, default: Object.keys(targets) },
    'until-failure': { type: 'boolean', default: false },
  },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
const chosen = (Object.keys(targets) as Target[]).filter((target) => values.target.includes(target));
const started = performance.now();
let failed = 0;

for (let seed = from; seed < from + seeds; seed += 1) {
  for (const target of chosen) {
    const failure = await fuzz(target, seed);
    if (failure === undefined) continue;
    failed += 1;
    process.stdout.write(`${failure}\n`);
    process.exitCode = 1;
  }
  if (failed > 0 && values['until-failure']) break;
}
const seconds = (performance.now() - started) / 1_000;
process.stdout.write(
  `${seeds} seeds of ${chosen.join(' and ')}, ${failed} failed, ${seconds.toFixed(1)} s\n`,
);
