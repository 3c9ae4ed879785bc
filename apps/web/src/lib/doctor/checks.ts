import { formatBytes, formatNumber } from '../format/text.ts';
import { syncSentence } from '../sync/words.ts';
import type { Probe } from './contract.ts';
import type { DoctorFacts, Feature } from './facts.ts';
import { featureWords } from './words.ts';

/** One line of what was looked at. */
export interface Check {
  name: string;
  state: 'good' | 'bad' | 'note' | 'unknown';
  found: string;
}

export interface CheckGroup {
  title: string;
  checks: Check[];
}

/** What was looked at and found, for people who want to know more than the cause. */
export function checksOf(facts: DoctorFacts): CheckGroup[] {
  return [
    { title: 'This browser', checks: Object.entries(facts.features).map(featureCheck) },
    { title: 'The database', checks: [openedCheck(facts), ...fileChecks(facts), roomCheck(facts)] },
    { title: 'The server', checks: [syncCheck(facts), ...serverChecks(facts)] },
    { title: 'Octavo', checks: [appCheck(facts)] },
  ];
}

function featureCheck([feature, probe]: [string, Probe]): Check {
  // The keys of a record of all features.
  const name = featureWords[feature as Feature];
  switch (probe.state) {
    case 'works':
      return { name, state: 'good', found: 'works' };
    case 'fails':
      return { name, state: 'bad', found: probe.why };
    case 'unknown':
      return { name, state: 'unknown', found: 'could not be tried' };
  }
}

function openedCheck({ opened, keeping }: DoctorFacts): Check {
  const name = 'Open';
  switch (opened.state) {
    case 'open': {
      const where = opened.in === 'this-tab' ? 'in this tab' : 'in another tab, which answers';
      return keeping === 'memory'
        ? { name, state: 'note', found: 'in the memory of this tab only' }
        : { name, state: 'good', found: where };
    }
    case 'opening':
      return { name, state: 'note', found: 'is still being opened' };
    case 'waiting':
      return {
        name,
        state: 'bad',
        found: opened.for === 'here' ? 'busy' : 'in another tab, which does not answer',
      };
    case 'failed':
      return { name, state: 'bad', found: opened.details };
  }
}

function fileChecks({ files, soundness }: DoctorFacts): Check[] {
  const checks: Check[] = [];
  if (files.state === 'looked') {
    const size = files.files.reduce((sum, file) => sum + file.size, 0);
    const found =
      files.files.length === 0
        ? 'none'
        : `${formatNumber(files.files.length)}, ${formatBytes(size)}; in use: ${files.current}`;
    checks.push({ name: 'Files', state: 'good', found });
    if (files.record !== 'none') {
      const state = files.record === 'sound' ? 'good' : 'bad';
      checks.push({ name: 'Record of which is in use', state, found: files.record });
    }
  } else checks.push({ name: 'Files', state: 'unknown', found: files.why });
  return [...checks, ...soundnessChecks(soundness)];
}

function soundnessChecks(soundness: DoctorFacts['soundness']): Check[] {
  switch (soundness.state) {
    case 'not-checked':
      return [{ name: 'Content', state: 'unknown', found: soundness.why }];
    case 'does-not-open':
      return [{ name: 'Content', state: 'bad', found: `${soundness.code}: ${soundness.message}` }];
    case 'opens': {
      const { integrity, bookkeeping, schemaName, schemaVersion, size, head } = soundness.inspection;
      const whole = integrity.every((message) => message === 'ok');
      const kept = bookkeeping.length === 0;
      return [
        {
          name: 'Content',
          state: whole ? 'good' : 'bad',
          found: whole ? `sound, ${formatBytes(size)}` : integrity.join('; '),
        },
        {
          name: 'What sync remembers',
          state: kept ? 'good' : 'bad',
          found: kept ? `fits together, up to version ${formatNumber(head)}` : bookkeeping.join(' '),
        },
        { name: 'Schema', state: 'good', found: `${schemaName} ${schemaVersion}` },
      ];
    }
  }
}

function roomCheck({ usage, full }: DoctorFacts): Check {
  const name = 'Room';
  if (usage === undefined) return { name, state: 'unknown', found: 'the browser does not say' };
  const kept = usage.persisted ? 'promised to be kept' : 'may be cleared by the browser';
  const found = `${formatBytes(usage.used)} used of ${formatBytes(usage.quota)}, ${kept}`;
  return { name, state: full ? 'bad' : usage.persisted ? 'good' : 'note', found };
}

function syncCheck({ sync }: DoctorFacts): Check {
  const state = {
    synced: 'good',
    syncing: 'good',
    connecting: 'note',
    disconnected: 'note',
    stuck: 'bad',
    incompatible: 'bad',
  } as const;
  return { name: 'Sync', state: state[sync.status], found: syncSentence(sync) };
}

function serverChecks({ server, lineage, app }: DoctorFacts): Check[] {
  const name = 'Answers';
  switch (server.state) {
    case 'not-asked':
      return [
        { name, state: 'unknown', found: 'it is another than this page came from, and cannot be asked' },
      ];
    case 'unreachable':
      return [{ name, state: 'bad', found: server.why }];
    case 'refuses':
      return [{ name, state: 'bad', found: `with ${server.status} ${server.error}` }];
    case 'answers': {
      const { meta, milliseconds, clockAhead } = server;
      const same = lineage === undefined || lineage === meta.lineage;
      return [
        { name, state: 'good', found: `in ${milliseconds} ms, version ${meta.serverVersion}` },
        {
          name: 'Shop',
          state: same ? 'good' : 'bad',
          found: same ? 'the same as here' : 'another than here',
        },
        {
          name: 'Schema',
          state:
            meta.schemaName === app.schemaName && meta.schemaVersion >= app.schemaVersion ? 'good' : 'bad',
          found: `${meta.schemaName} ${meta.schemaVersion}`,
        },
        clockCheck(clockAhead),
      ];
    }
  }
}

function clockCheck(clockAhead: number | undefined): Check {
  const name = 'Clock of this device';
  if (clockAhead === undefined) return { name, state: 'unknown', found: 'the server does not say the time' };
  const seconds = Math.round(Math.abs(clockAhead) / 1000);
  if (seconds <= 2) return { name, state: 'good', found: 'agrees with the server’s' };
  const found = `${formatNumber(seconds)} seconds ${clockAhead > 0 ? 'ahead' : 'behind'}`;
  return { name, state: seconds > 300 ? 'bad' : 'note', found };
}

function appCheck({ app }: DoctorFacts): Check {
  const current = app.served === undefined || app.served === app.version;
  const worker = {
    none: 'not kept for opening without a network',
    running: 'kept for opening without a network',
    'update-waiting': 'a newer version is ready',
  }[app.serviceWorker];
  return {
    name: 'Version',
    state: !current || app.serviceWorker === 'update-waiting' ? 'note' : 'good',
    found: `${app.version}${current ? '' : `, the server has ${app.served ?? ''}`}; ${worker}`,
  };
}
