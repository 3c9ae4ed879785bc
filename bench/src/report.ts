import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Machine } from './machine.ts';
import { formatted, type Unit } from './measure.ts';
import { median } from './statistics.ts';

/** What was measured under one name, run by run. */
export interface Measured {
  scenario: string;
  name: string;
  unit: Unit;
  /** What was promised; undefined where nothing was. */
  atMost: number | undefined;
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
  const header = ['', 'median', 'promised', 'runs'];
  const rows = measured.map(({ name, unit, atMost, runs }) => [
    name,
    `${formatted(median(runs))} ${unit}`,
    promised(median(runs), atMost),
    runs.map(formatted).join(', '),
  ]);
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
  const { chromium } = machine;
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryMb} MB; ${machine.system}; Node ${machine.node}${chromium === null ? '' : `, Chromium ${chromium}`}`,
    '',
    line(header),
    line(widths.map((width) => '─'.repeat(width))),
    ...rows.map(line),
    ...failed.map(({ scenario, message }) => `FAILED ${scenario}: ${message}`),
    '',
  ].join('\n');
}

function promised(value: number, atMost: number | undefined): string {
  if (atMost === undefined) return '';
  return value <= atMost ? `≤ ${formatted(atMost)}` : `MISSED ≤ ${formatted(atMost)}`;
}

/** Writes the report as JSON and returns its path. */
export async function writeReport(folder: string, report: Report): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${report.at.replaceAll(':', '-')}.json`);
  await writeFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
  return path;
}
