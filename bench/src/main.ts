// npm run bench: what a bookseller waits for, measured in real browsers with profiles on disk.
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ensureAppBuilt } from '../../scripts/build-app.ts';
import { findChromium } from '../../scripts/chromium.ts';
import { describeMachine } from './machine.ts';
import { type Measured, type Report, tableOf, writeReport } from './report.ts';
import { bootstrap } from './scenarios/bootstrap.ts';
import { coldOpen } from './scenarios/cold-open.ts';
import { importStockList } from './scenarios/import.ts';
import { propagate } from './scenarios/propagate.ts';
import type { Scenario } from './scenario.ts';

const scenarios: readonly Scenario[] = [importStockList, bootstrap, propagate, coldOpen];

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: scenarios.map(({ name }) => name) },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(
    `npm run bench -- [--runs 3] [--only ${scenarios.map(({ name }) => name).join('|')}]…\n`,
  );
} else {
  ensureAppBuilt();
  process.env['CHROME_PATH'] = await findChromium();
  const report = await measure(
    scenarios.filter(({ name }) => values.only.includes(name)),
    Number(values.runs),
  );
  process.stdout.write(`\n${tableOf(report)}`);
  const path = await writeReport(join(import.meta.dirname, '..', 'results'), report);
  process.stdout.write(`\nWritten to ${path}\n`);
  process.exitCode = report.failed.length === 0 && report.measured.length > 0 ? 0 : 1;
}

async function measure(chosen: readonly Scenario[], runs: number): Promise<Report> {
  const machine = await describeMachine();
  const at = new Date().toISOString();
  const measured: Measured[] = [];
  const failed: Report['failed'] = [];
  for (const scenario of chosen) {
    try {
      for (let run = 1; run <= runs; run += 1) {
        process.stderr.write(`${scenario.name}, run ${run} of ${runs}\n`);
        for (const [name, milliseconds] of Object.entries(await scenario.run()))
          note(measured, scenario.name, name, milliseconds);
      }
    } catch (error) {
      // The others are worth measuring all the same; the exit code tells.
      failed.push({
        scenario: scenario.name,
        message: error instanceof Error ? error.message : String(error),
      });
    }
  }
  return { at, machine, measured, failed };
}

function note(measured: Measured[], scenario: string, name: string, milliseconds: number): void {
  const known = measured.find((one) => one.scenario === scenario && one.name === name);
  if (known === undefined) measured.push({ scenario, name, runs: [milliseconds] });
  else known.runs.push(milliseconds);
}
