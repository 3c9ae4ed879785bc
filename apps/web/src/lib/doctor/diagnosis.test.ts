import { refuseReasons } from '@octavo/protocol/messages.ts';
import type { FailureCode, SyncState } from '@octavo/sync/state.ts';
import { describe, expect, test } from 'vitest';
import type { Cause } from './cause.ts';
import type { Inspection } from './contract.ts';
import { diagnose } from './diagnosis.ts';
import type { DoctorFacts, Feature, Opened, ServerFacts } from './facts.ts';
import { harmOf } from './remedies.ts';
import { remediesOf } from './remedies-of.ts';
import { causeWords, remedyWords } from './words.ts';

const LINEAGE = 'a'.repeat(32);
const counts = { pending: 0, attention: 0, conflicts: 0 } as const;
const works = { state: 'works' } as const;
const fails = { state: 'fails', why: 'no' } as const;

const sound: Inspection = {
  integrity: ['ok'],
  bookkeeping: [],
  schemaName: 'octavo-shop',
  schemaVersion: 1,
  siteId: 'b'.repeat(32),
  lineage: LINEAGE,
  head: 7,
  epochs: 1,
  size: 4096,
  free: 0,
};

const answers: ServerFacts = {
  state: 'answers',
  milliseconds: 3,
  clockAhead: 0,
  meta: {
    siteId: 'c'.repeat(32),
    lineage: LINEAGE,
    schemaName: 'octavo-shop',
    schemaVersion: 1,
    dbVersion: 7,
    serverVersion: '1',
  },
};

const well: DoctorFacts = {
  at: 0,
  online: true,
  features: {
    'secure-context': works,
    'module-workers': works,
    webassembly: works,
    files: works,
    'exclusive-files': works,
    locks: works,
    channels: works,
    'settings-store': works,
    'service-workers': works,
  },
  keeping: 'device',
  opened: { state: 'open', in: 'this-tab' },
  usage: { used: 1, quota: 100, persisted: true },
  full: false,
  files: {
    state: 'looked',
    files: [{ name: 'shop.sqlite3', size: 4096 }],
    record: 'none',
    current: 'shop.sqlite3',
    soundness: { state: 'not-checked', why: 'It is in use.' },
  },
  soundness: { state: 'opens', inspection: sound },
  syncOn: true,
  sync: { ...counts, status: 'synced', asOf: 0 },
  server: answers,
  app: {
    version: 'v1',
    served: 'v1',
    serviceWorker: 'running',
    schemaName: 'octavo-shop',
    schemaVersion: 1,
  },
  lineage: LINEAGE,
};

const failed = (code: string): Opened => ({ state: 'failed', code, details: '' });
const stuck = (code: FailureCode): SyncState => ({
  ...counts,
  status: 'stuck',
  diagnostics: { attempts: 3, code, lastFailure: 'No answer.' },
  nextAttempt: undefined,
});
const without = (feature: Feature) => ({ ...well.features, [feature]: fails });
const causes = (facts: Partial<DoctorFacts>) =>
  diagnose({ ...well, ...facts }).map(({ cause }) => cause.cause);

test('where everything works, nothing is wrong', () => {
  expect(diagnose(well)).toEqual([]);
});

describe('why there is no database', () => {
  test.each<[string, Partial<DoctorFacts>, Cause['cause']]>([
    [
      'an insecure address',
      { features: without('secure-context'), opened: failed('secure-context') },
      'not-secure',
    ],
    [
      'a program that does not load',
      { features: without('module-workers'), opened: failed('worker') },
      'program-not-loaded',
    ],
    [
      'SQLite that cannot run',
      { features: without('webassembly'), opened: failed('worker') },
      'browser-lacks',
    ],
    ['no channels', { features: without('channels'), opened: failed('internal') }, 'browser-lacks'],
    ['storage that is away', { opened: failed('storage') }, 'storage-away'],
    ['a wrong address', { opened: failed('bad-address') }, 'bad-address'],
    ['a newer database', { opened: failed('schema-too-new') }, 'app-older-than-database'],
    ['no room', { opened: failed('sqlite-full') }, 'device-full'],
    ['a file that somebody holds', { opened: failed('sqlite-busy') }, 'held-by-silent-tab'],
    ['a tab that does not answer', { opened: { state: 'waiting', for: 'elsewhere' } }, 'held-by-silent-tab'],
    ['a newer tab', { opened: { state: 'waiting', for: 'newer-version' } }, 'app-older-than-tab'],
    ['an own worker at something long', { opened: { state: 'waiting', for: 'here' } }, 'busy'],
    ['a lost record', { opened: failed('generations-unreadable') }, 'record-unreadable'],
    ['garbage', { opened: failed('sqlite-corrupt') }, 'database-damaged'],
    [
      'a file whose copy does not open either',
      { opened: failed('lost'), soundness: { state: 'does-not-open', code: 'sqlite-trapped', message: '' } },
      'database-damaged',
    ],
    ['something else', { opened: failed('internal') }, 'database-not-opened'],
  ])('%s', (_, facts, cause) => {
    const sync: SyncState = { ...counts, status: 'connecting' };
    expect(causes({ sync, ...facts })[0]).toBe(cause);
  });

  test('a file that is sound is never to be put aside', () => {
    const [found] = diagnose({ ...well, opened: failed('internal') });
    expect(found?.cause).toMatchObject({ cause: 'database-not-opened', fileIsSound: true });
    expect(found?.remedies).not.toContain('set-aside');
    const [unknown] = diagnose({
      ...well,
      opened: failed('internal'),
      soundness: { state: 'not-checked', why: '' },
    });
    expect(unknown?.remedies.at(-1)).toBe('set-aside');
  });

  test('damage in a database that works is a reason to start over from the server, and the last resort', () => {
    const inspection = { ...sound, integrity: ['row 3 missing from index'] };
    const [found] = diagnose({ ...well, soundness: { state: 'opens', inspection } });
    expect(found?.cause.cause).toBe('damaged-in-use');
    expect(found?.remedies.at(-1)).toBe('nuke');
  });

  test('rows that would never be sent are found', () => {
    const inspection = { ...sound, bookkeeping: ['2 rows of "book" have no version.'] };
    expect(causes({ soundness: { state: 'opens', inspection } })).toEqual(['bookkeeping-wrong']);
  });

  test('a window that keeps nothing says so and does not complain of room', () => {
    expect(causes({ keeping: 'memory', usage: { used: 9, quota: 9, persisted: false } })).toEqual([
      'not-saved-here',
    ]);
  });
});

describe('why sync stands still', () => {
  const connecting: SyncState = { ...counts, status: 'connecting' };
  const meta = answers.meta;

  test.each<[string, Partial<DoctorFacts>, Cause['cause'] | undefined]>([
    [
      'switched off',
      { syncOn: false, sync: { ...counts, status: 'disconnected', cause: 'off' } },
      'sync-off',
    ],
    [
      'no network',
      { online: false, sync: { ...counts, status: 'disconnected', cause: 'offline' } },
      'no-network',
    ],
    ['no server', { sync: stuck('unreachable'), server: { state: 'unreachable', why: '' } }, 'server-away'],
    [
      'a server that fails',
      { sync: stuck('server-failed'), server: { state: 'refuses', status: 503, error: '' } },
      'server-away',
    ],
    [
      'no such shop',
      { sync: connecting, server: { state: 'refuses', status: 404, error: '' } },
      'server-without-shop',
    ],
    ['no token', { sync: connecting, server: { state: 'refuses', status: 401, error: '' } }, 'not-allowed'],
    [
      'another shop',
      { sync: connecting, server: { ...answers, meta: { ...meta, lineage: 'd' } } },
      'other-shop',
    ],
    [
      'an older server',
      { sync: connecting, server: { ...answers, meta: { ...meta, schemaVersion: 0 } } },
      'server-refuses',
    ],
    [
      'a newer server',
      { sync: connecting, server: { ...answers, meta: { ...meta, schemaVersion: 2 } } },
      undefined,
    ],
    [
      'something else of that name',
      { sync: connecting, server: { ...answers, meta: { ...meta, schemaName: 'x' } } },
      'server-refuses',
    ],
    ['blocked WebSockets', { sync: stuck('unreachable') }, 'sync-blocked'],
    ['acks that do not come', { sync: stuck('acks-overdue') }, 'not-getting-through'],
    [
      'another server than the page’s',
      { sync: stuck('silent'), server: { state: 'not-asked' } },
      'not-getting-through',
    ],
    [
      'a refusal',
      { sync: { ...counts, status: 'incompatible', reason: 'unauthorized', message: '' } },
      'server-refuses',
    ],
    [
      'a rebuilt server',
      { sync: { ...counts, status: 'incompatible', reason: 'rebuilt', message: '' } },
      'other-shop',
    ],
  ])('%s', (_, facts, cause) => {
    expect(causes(facts)[0]).toBe(cause);
  });

  test('whoever waits for another tab is told that, and not of sync as well', () => {
    const opened: Opened = { state: 'waiting', for: 'elsewhere' };
    expect(causes({ opened, sync: stuck('own-database-away') })).toEqual(['held-by-silent-tab']);
  });

  test('an outage never suggests to replace or to discard anything', () => {
    for (const server of [
      { state: 'unreachable', why: '' },
      { state: 'refuses', status: 502, error: '' },
    ] as const) {
      const [found] = diagnose({ ...well, sync: stuck('unreachable'), server });
      expect(found?.remedies.filter((remedy) => harmOf[remedy] >= 2)).toEqual([]);
    }
  });
});

test('what is good to know comes last', () => {
  const found = causes({
    opened: failed('sqlite-corrupt'),
    usage: { used: 95, quota: 100, persisted: false },
    server: { ...answers, clockAhead: -600_000 },
    app: { ...well.app, served: 'v2' },
  });
  expect(found).toEqual(['database-damaged', 'clock-off', 'nearly-full', 'may-be-cleared', 'update-ready']);
});

const failureCodes: Record<FailureCode, true> = {
  unreachable: true,
  silent: true,
  'server-restarting': true,
  'server-busy': true,
  'server-failed': true,
  'acks-overdue': true,
  refused: true,
  misunderstood: true,
  'own-disk-full': true,
  'own-database-failed': true,
  'own-database-away': true,
  'own-program-failed': true,
};

/** One of each kind; a kind that is missing here does not compile. */
const samples: { [Name in Cause['cause']]: Extract<Cause, { cause: Name }>[] } = {
  'not-secure': [{ cause: 'not-secure' }],
  'program-not-loaded': [{ cause: 'program-not-loaded' }],
  'browser-lacks': [{ cause: 'browser-lacks', missing: ['webassembly'] }],
  'storage-away': [{ cause: 'storage-away' }],
  'bad-address': [{ cause: 'bad-address' }],
  'app-older-than-database': [{ cause: 'app-older-than-database' }],
  'app-older-than-tab': [{ cause: 'app-older-than-tab' }],
  'held-by-silent-tab': [{ cause: 'held-by-silent-tab' }],
  busy: [{ cause: 'busy' }],
  'device-full': [{ cause: 'device-full' }],
  'record-unreadable': [{ cause: 'record-unreadable' }],
  'database-damaged': [{ cause: 'database-damaged', code: 'sqlite-corrupt' }],
  'database-not-opened': [
    { cause: 'database-not-opened', code: 'internal', fileIsSound: false },
    { cause: 'database-not-opened', code: 'internal', fileIsSound: true },
  ],
  'damaged-in-use': [{ cause: 'damaged-in-use', messages: ['row 1 missing'] }],
  'bookkeeping-wrong': [{ cause: 'bookkeeping-wrong', messages: ['2 rows'] }],
  'not-saved-here': [{ cause: 'not-saved-here' }],
  'sync-off': [{ cause: 'sync-off' }],
  'no-network': [{ cause: 'no-network' }],
  'server-away': [{ cause: 'server-away' }],
  'server-refuses': [...refuseReasons, 'read-only' as const].map((reason) => ({
    cause: 'server-refuses',
    reason,
  })),
  'other-shop': [{ cause: 'other-shop' }],
  'server-without-shop': [{ cause: 'server-without-shop' }],
  'not-allowed': [{ cause: 'not-allowed' }],
  'sync-blocked': [{ cause: 'sync-blocked', why: 'No answer.' }],
  'not-getting-through': Object.keys(failureCodes).map((code) => ({
    cause: 'not-getting-through',
    // The keys of a record of all codes.
    code: code as FailureCode,
  })),
  'clock-off': [{ cause: 'clock-off', minutes: -10 }],
  'nearly-full': [{ cause: 'nearly-full' }],
  'update-ready': [{ cause: 'update-ready' }],
  'may-be-cleared': [{ cause: 'may-be-cleared' }],
};

test.each(Object.values(samples).flat())(
  '%o has words, and remedies of which the first takes the least away',
  (cause) => {
    const { title, explanation } = causeWords(cause);
    expect(title).not.toBe('');
    if (cause.cause !== 'not-getting-through' || cause.code !== 'own-database-away')
      expect(explanation).not.toBe('');
    const remedies = remediesOf(cause);
    expect(remedies.length).toBeGreaterThan(0);
    const harm = remedies.map((remedy) => harmOf[remedy]);
    expect(harm).toEqual(harm.toSorted((one, other) => one - other));
    for (const remedy of remedies) expect(remedyWords[remedy]).not.toBe('');
    // What replaces the database is offered where the file itself is at fault, and nowhere else.
    const replaces = remedies.some((remedy) => remedy === 'nuke' || remedy === 'set-aside');
    expect(replaces).toBe(
      ['record-unreadable', 'database-damaged', 'damaged-in-use', 'bookkeeping-wrong'].includes(
        cause.cause,
      ) ||
        (cause.cause === 'database-not-opened' && !cause.fileIsSound),
    );
  },
);
