import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { median } from './statistics.ts';

/** What was measured under one name, in milliseconds, run by run. */
export interface Measured {
  scenario: string;
  name: string;
  runs: number[];
}

export interface Report {
  /** ISO 8601. */
  at: string;
  machine: Machine;
  measured: Measured[];
  /** Scenarios that ended with something wrong, and what. */
  failed: { scenario: string; message: string }[];
}

/** The report as a person reads it. */
export function tableOf({ machine, measured, failed }: Report): string {
  const rows = measured.map(({ name, runs }) => [
    name,
    `${median(runs).toFixed(0)} ms`,
    runs.map((run) => run.toFixed(0)).join(', '),
  ]);
  const header = ['', 'median', 'runs, ms'];
  const widths = header.map((title, column) =>
    Math.max(...[header, ...rows].map((row) => (row[column] ?? title).length)),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        column === 1 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd();
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryMb} MB; ${machine.system}; Node ${machine.node}, Chromium ${machine.chromium}`,
    '',
    line(header),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map(line),
    ...failed.map(({ scenario, message }) => `FAILED ${scenario}: ${message}`),
    '',
  ].join('\n');
}

/** Writes the report as JSON and returns its path. */
export async function writeReport(folder: string, report: Report): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${report.at.replaceAll(':', '-')}.json`);
  await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
  return path;
}
