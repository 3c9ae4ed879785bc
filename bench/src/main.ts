// npm run bench: what a bookseller waits for, measured in real browsers with profiles on disk, and what the wire and the
// server cost.
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { ensureAppBuilt } from '../../scripts/build-app.ts';
import { findChromium } from '../../scripts/chromium.ts';
import { describeMachine } from './machine.ts';
import { copiedWrites } from './cloud/copied-writes.ts';
import { killCloud } from './cloud/kill-cloud.ts';
import { killServer } from './kill-server/kill-server.ts';
import { manyClients } from './many-clients/many-clients.ts';
import { rollingRestart } from './many-clients/rolling-restart.ts';
import type { Measure } from './measure.ts';
import { million, oneTransaction } from './million/stream.ts';
import { type Measured, type Report, tableOf, writeReport } from './report.ts';
import { bootstrap } from './scenarios/bootstrap.ts';
import { coldOpen } from './scenarios/cold-open.ts';
import { importStockList } from './scenarios/import.ts';
import { propagate } from './scenarios/propagate.ts';
import { takeover } from './scenarios/takeover.ts';
import type { RunOptions, Scenario } from './scenario.ts';
import { wireSize } from './wire-size/wire-size.ts';

const scenarios: readonly Scenario[] = [
  importStockList,
  bootstrap,
  propagate,
  coldOpen,
  takeover,
  wireSize,
  million,
  oneTransaction,
  manyClients,
  rollingRestart,
  killServer,
  copiedWrites,
  killCloud,
];

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    only: {
      type: 'string',
      multiple: true,
      default: scenarios.filter(({ onRequest }) => onRequest !== true).map(({ name }) => name),
    },
    'stock-list': { type: 'string' },
    kills: { type: 'string', default: '30' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  process.stdout.write(
    `npm run bench -- [--runs 3] [--only ${scenarios.map(({ name }) => name).join('|')}]… [--stock-list <file.csv>] [--kills 30]\n`,
  );
} else {
  const chosen = scenarios.filter(({ name }) => values.only.includes(name));
  if (chosen.some(({ browser }) => browser)) {
    ensureAppBuilt();
    process.env['CHROME_PATH'] = await findChromium();
  }
  const report = await measure(chosen, Number(values.runs), {
    stockList: values['stock-list'],
    kills: Number(values.kills),
  });
  process.stdout.write(`\n${tableOf(report)}`);
  const path = await writeReport(join(import.meta.dirname, '..', 'results'), report);
  process.stdout.write(`\nWritten to ${path}\n`);
  process.exitCode = report.failed.length === 0 && report.measured.length > 0 ? 0 : 1;
}

async function measure(chosen: readonly Scenario[], runs: number, options: RunOptions): Promise<Report> {
  const machine = await describeMachine({ browser: chosen.some(({ browser }) => browser) });
  const at = new Date().toISOString();
  const measured: Measured[] = [];
  const failed: Report['failed'] = [];
  for (const scenario of chosen) {
    try {
      for (let run = 1; run <= runs; run += 1) {
        process.stderr.write(`${scenario.name}, run ${run} of ${runs}\n`);
        for (const [name, found] of Object.entries(await scenario.run(options)))
          note(measured, scenario.name, name, found);
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

function note(measured: Measured[], scenario: string, name: string, { value, unit, atMost }: Measure): void {
  const known = measured.find((one) => one.scenario === scenario && one.name === name);
  if (known === undefined) measured.push({ scenario, name, unit, atMost, runs: [value] });
  else known.runs.push(value);
}
