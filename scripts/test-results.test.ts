import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readPlaywrightReport, readVitestReport } from './test-results.ts';

const folder = mkdtempSync(join(tmpdir(), 'octavo-reports-'));
afterAll(() => rmSync(folder, { recursive: true }));

function report(content: unknown): string {
  const path = join(folder, `${crypto.randomUUID()}.json`);
  writeFileSync(path, JSON.stringify(content));
  return path;
}

describe('counting test results', () => {
  test('passed and failed tests are what the runners say', () => {
    expect(readVitestReport(report({ numTotalTests: 7, numPassedTests: 5 }))).toEqual({
      passed: 5,
      failed: 2,
    });
    expect(
      readPlaywrightReport(report({ stats: { expected: 3, unexpected: 1, flaky: 0, skipped: 0 } })),
    ).toEqual({ passed: 3, failed: 1 });
  });

  test('a skipped test and one that needed a second try have failed', () => {
    expect(readVitestReport(report({ numTotalTests: 3, numPassedTests: 2, numPendingTests: 1 }))).toEqual({
      passed: 2,
      failed: 1,
    });
    expect(
      readPlaywrightReport(report({ stats: { expected: 1, unexpected: 0, flaky: 1, skipped: 1 } })),
    ).toEqual({ passed: 1, failed: 2 });
  });

  test('a run that found nothing, or wrote no report, has failed', () => {
    expect(readVitestReport(report({ numTotalTests: 0, numPassedTests: 0 }))).toEqual({
      passed: 0,
      failed: 1,
    });
    expect(readPlaywrightReport(join(folder, 'absent.json'))).toEqual({ passed: 0, failed: 1 });
  });
});
