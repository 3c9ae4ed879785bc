import { expect, test } from 'vitest';
import { checksOf } from './checks.ts';
import type { DoctorFacts } from './facts.ts';
import { reportText } from './report.ts';

const unknown = { state: 'unknown' } as const;
const fails = { state: 'fails', why: 'SecurityError: denied' } as const;

/** What there is when nothing works at all. */
const nothing: DoctorFacts = {
  at: Date.UTC(2026, 10, 21),
  online: false,
  features: {
    'secure-context': { state: 'works' },
    'module-workers': fails,
    webassembly: fails,
    files: unknown,
    'exclusive-files': unknown,
    locks: unknown,
    channels: unknown,
    'settings-store': fails,
    'service-workers': fails,
  },
  keeping: 'device',
  opened: { state: 'failed', code: 'worker', details: 'worker: it could not be loaded.' },
  usage: undefined,
  full: false,
  files: { state: 'not-possible', why: 'the connection is closed' },
  soundness: { state: 'not-checked', why: 'the connection is closed' },
  syncOn: true,
  sync: { status: 'connecting', pending: 0, attention: 0, conflicts: 0 },
  server: { state: 'unreachable', why: 'Failed to fetch' },
  app: {
    version: 'v1',
    served: undefined,
    serviceWorker: 'none',
    schemaName: 'octavo-shop',
    schemaVersion: 1,
  },
  lineage: undefined,
};

test('with the worker gone, the report is what the page knows', () => {
  const report: unknown = JSON.parse(
    reportText({
      facts: nothing,
      diagnoses: [{ cause: { cause: 'program-not-loaded' }, remedies: ['try-again'] }],
      database: 'shop.sqlite3',
      server: 'ws://127.0.0.1:8080/sync',
      userAgent: 'a browser',
      boot: [{ name: 'start', at: 12 }],
      page: [{ at: 1, what: 'stage', detail: 'failed: worker' }],
      record: undefined,
      details: undefined,
    }),
  );
  expect(report).toMatchObject({
    format: 'octavo-doctor-report',
    at: '2026-11-21T00:00:00.000Z',
    diagnoses: [{ cause: { cause: 'program-not-loaded' } }],
    facts: { opened: { state: 'failed', code: 'worker' } },
    pageTimeline: [{ detail: 'failed: worker' }],
    protocolEvents: [],
  });
});

test('what could not be tried is not called good', () => {
  const states = checksOf(nothing).flatMap(({ checks }) => checks.map(({ name, state }) => [name, state]));
  expect(Object.fromEntries(states)).toMatchObject({
    'Exclusive access to them': 'unknown',
    Content: 'unknown',
    Open: 'bad',
    Answers: 'bad',
  });
});
