import type { Cause, Diagnosis } from './cause.ts';
import type { DoctorFacts, Feature } from './facts.ts';
import { remediesOf } from './remedies-of.ts';

const NEARLY_FULL = 0.9;
/** What people notice, and what a certificate does not mind. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;
/** Without these there is no database on this device, and no other way to have one. */
const NEEDED: readonly Feature[] = ['module-workers', 'webassembly', 'channels'];

/** From what was found to what it means, the gravest first; empty when nothing is wrong. */
export function diagnose(facts: DoctorFacts): Diagnosis[] {
  return [...causesOfTheDatabase(facts), ...causesOfSync(facts), ...goodToKnow(facts)].map((cause) => ({
    cause,
    remedies: remediesOf(cause),
  }));
}

/** Why there is no database, or why it must not be trusted. */
function causesOfTheDatabase(facts: DoctorFacts): Cause[] {
  const { features, opened, soundness, files } = facts;
  if (features['secure-context'].state === 'fails') return [{ cause: 'not-secure' }];
  const causes: Cause[] = [];
  if (opened.state === 'failed') causes.push(...failedCauses(facts, opened.code));
  else if (opened.state === 'waiting') causes.push(waitingCause(opened.for));
  else if (facts.full) causes.push({ cause: 'device-full' });
  const undecided = files.state === 'looked' && files.record === 'unreadable';
  if (undecided && opened.state !== 'failed') causes.push({ cause: 'record-unreadable' });
  if (opened.state !== 'failed' && soundness.state === 'opens') {
    const { integrity, bookkeeping } = soundness.inspection;
    const messages = integrity.filter((message) => message !== 'ok');
    if (messages.length > 0) causes.push({ cause: 'damaged-in-use', messages });
    if (bookkeeping.length > 0) causes.push({ cause: 'bookkeeping-wrong', messages: bookkeeping });
  }
  if (facts.keeping === 'memory') causes.push({ cause: 'not-saved-here' });
  return causes;
}

function failedCauses({ features, soundness }: DoctorFacts, code: string): Cause[] {
  const missing = NEEDED.filter((feature) => features[feature].state === 'fails');
  switch (code) {
    case 'worker':
      return missing.length > 0 && !missing.includes('module-workers')
        ? [{ cause: 'browser-lacks', missing }]
        : [{ cause: 'program-not-loaded' }];
    case 'storage':
    case 'no-storage':
      return [{ cause: 'storage-away' }];
    case 'bad-address':
      return [{ cause: 'bad-address' }];
    case 'schema-too-new':
      return [{ cause: 'app-older-than-database' }];
    case 'sqlite-full':
      return [{ cause: 'device-full' }];
    case 'sqlite-busy':
      return [{ cause: 'held-by-silent-tab' }];
    case 'generations-unreadable':
      return [{ cause: 'record-unreadable' }];
  }
  if (missing.length > 0) return [{ cause: 'browser-lacks', missing }];
  if (code === 'sqlite-corrupt') return [{ cause: 'database-damaged', code }];
  if (soundness.state === 'does-not-open') {
    // The copy was tried without the browser's files: what it says is said of the content.
    return [{ cause: 'database-damaged', code: soundness.code }];
  }
  return [{ cause: 'database-not-opened', code, fileIsSound: soundness.state === 'opens' }];
}

function waitingCause(waiting: 'elsewhere' | 'here' | 'newer-version'): Cause {
  switch (waiting) {
    case 'elsewhere':
      return { cause: 'held-by-silent-tab' };
    case 'here':
      return { cause: 'busy' };
    case 'newer-version':
      return { cause: 'app-older-than-tab' };
  }
}

/** Why work does not get to the server: one of them, since each hides what comes after it. */
function causesOfSync(facts: DoctorFacts): Cause[] {
  const { sync, server } = facts;
  if (!facts.syncOn) return [{ cause: 'sync-off' }];
  if (facts.opened.state === 'open' && sync.status === 'synced') return [];
  if (sync.status === 'incompatible') {
    return [
      sync.reason === 'rebuilt' ? { cause: 'other-shop' } : { cause: 'server-refuses', reason: sync.reason },
    ];
  }
  if (!facts.online) return [{ cause: 'no-network' }];
  if (server.state === 'unreachable') return [{ cause: 'server-away' }];
  if (server.state === 'refuses') {
    if (server.status === 404) return [{ cause: 'server-without-shop' }];
    if (server.status === 401 || server.status === 403) return [{ cause: 'not-allowed' }];
    return [{ cause: 'server-away' }];
  }
  if (server.state === 'answers') {
    const { meta } = server;
    if (meta.schemaName !== facts.app.schemaName)
      return [{ cause: 'server-refuses', reason: 'other-schema' }];
    if (facts.lineage !== undefined && meta.lineage !== facts.lineage) return [{ cause: 'other-shop' }];
    if (meta.schemaVersion < facts.app.schemaVersion)
      return [{ cause: 'server-refuses', reason: 'server-behind' }];
  }
  if (sync.status !== 'stuck') return [];
  const { code, lastFailure } = sync.diagnostics;
  // Whoever waits for another tab has been told above.
  if (code === 'own-database-away') return [];
  // HTTP gets through and the WebSocket does not: something in between.
  if (server.state === 'answers' && (code === 'unreachable' || code === 'silent'))
    return [{ cause: 'sync-blocked', why: lastFailure }];
  return [{ cause: 'not-getting-through', code }];
}

function goodToKnow({ usage, keeping, server, app, opened }: DoctorFacts): Cause[] {
  const causes: Cause[] = [];
  const clockAhead = server.state === 'answers' ? server.clockAhead : undefined;
  if (clockAhead !== undefined && Math.abs(clockAhead) > CLOCK_TOLERANCE_MS)
    causes.push({ cause: 'clock-off', minutes: Math.round(clockAhead / 60_000) });
  if (usage !== undefined && keeping === 'device') {
    if (usage.used > usage.quota * NEARLY_FULL) causes.push({ cause: 'nearly-full' });
    if (!usage.persisted) causes.push({ cause: 'may-be-cleared' });
  }
  const older = app.served !== undefined && app.served !== app.version;
  const said = opened.state === 'failed' && opened.code === 'schema-too-new';
  if ((older || app.serviceWorker === 'update-waiting') && !said) causes.push({ cause: 'update-ready' });
  return causes;
}
