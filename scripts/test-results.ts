// What the two test runners write about their runs, reduced to counts.
import { existsSync, readFileSync } from 'node:fs';

export interface Counts {
  passed: number;
  failed: number;
}

/** Reads vitest's JSON report. A test that is skipped has failed: it promises something nobody looked at. */
export function readVitestReport(path: string): Counts {
  const { numTotalTests, numPassedTests } = readReport(path);
  return countsOf(numberOf(numPassedTests), numberOf(numTotalTests));
}

/** Reads Playwright's JSON report. A test that passed only when it was repeated has failed, and so has a skipped one. */
export function readPlaywrightReport(path: string): Counts {
  const { stats } = readReport(path);
  const { expected, unexpected, flaky, skipped } = isRecord(stats) ? stats : {};
  const total = [expected, unexpected, flaky, skipped].reduce<number>(
    (sum, count) => sum + numberOf(count),
    0,
  );
  return countsOf(numberOf(expected), total);
}

/** A run that found no test at all is a failure. */
function countsOf(passed: number, total: number): Counts {
  return total === 0 ? { passed: 0, failed: 1 } : { passed, failed: total - passed };
}

function readReport(path: string): Record<string, unknown> {
  // No report: the runner did not get as far as running tests.
  if (!existsSync(path)) return {};
  const report: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return isRecord(report) ? report : {};
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}
