import { expect, test } from 'vitest';
import { diagnosticsText } from './diagnostics.ts';

const input = {
  state: {
    status: 'stuck',
    pending: 2,
    attention: 0,
    conflicts: 0,
    diagnostics: { attempts: 4, code: 'unreachable', lastFailure: 'The server cannot be reached.' },
    nextAttempt: undefined,
  },
  facts: undefined,
  server: 'wss://shop.example/sync',
  database: 'shop.sqlite3',
  appVersion: 'abc',
  userAgent: 'A browser',
  online: true,
  now: 0,
} as const;

test('the diagnostics say what was tried, how both sides stand, and how each connection went', () => {
  const details = {
    lastProof: 0,
    head: 9,
    acknowledged: 7,
    serverHead: 6,
    received: 5,
    cloud: { through: 6, confirmed: 4, complete: false },
    pendingByTable: [{ table: 'book', records: 2 }],
    connections: [
      {
        connection: 1,
        begunAt: 0,
        received: 0,
        sent: 0,
        proven: false,
        end: { by: 'server', reason: 'lost', words: '' },
      },
    ],
  } as const;
  const text = diagnosticsText({
    ...input,
    state: {
      ...input.state,
      cloud: { state: 'failed', failure: 'full', site: 'ab', version: 3, copiedAt: 0 },
    },
    details: { ...details, pendingByTable: [...details.pendingByTable] },
  });
  expect(text).toContain('Status: stuck. Not getting through: The server cannot be reached.');
  expect(text).toContain('Attempts: 4, last failure: unreachable');
  expect(text).toContain('Versions: written 9, acknowledged 7, received 5 of 6');
  expect(text).toContain('Pending: 2 (2 books)');
  expect(text).toContain(
    'Cloud copy: failed (full); ab:3, 1970-01-01T00:00:00.000Z, of what was written here up to 4',
  );
  expect(text).toContain('1970-01-01T00:00:00.000Z the server could not be reached');
});

test('a database that does not answer is said as well', () => {
  expect(diagnosticsText({ ...input, details: undefined })).toContain('The database does not answer.');
});
