import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deriveState, type LightFacts, PATIENCE_MS, shownState } from './light.ts';
import type { Counts } from '../state.ts';
import type { Instant } from './heartbeat.ts';

const at = (ms: number): Instant => ({ wall: 1_000_000 + ms, monotonic: ms });
const now = at(60_000);

const open = (facts: Partial<Extract<LightFacts['link'], { kind: 'open' }>> = {}): LightFacts['link'] => ({
  kind: 'open',
  mayWrite: true,
  level: true,
  proof: now,
  progress: { bytes: 0, changes: 0, total: 0 },
  useful: true,
  waitingSince: undefined,
  ...facts,
});

const counts = (pending: number): Counts => ({ pending, attention: 0, conflicts: 0 });

const facts = (changes: Partial<LightFacts> = {}): LightFacts => ({
  enabled: true,
  online: true,
  counts: counts(0),
  link: open(),
  failures: 0,
  lastFailure: undefined,
  tryingSince: now,
  nextAttempt: undefined,
  ...changes,
});

describe('[LT-5] the state', () => {
  test('is disconnected when sync is off, whatever else is true', () => {
    expect(deriveState(facts({ enabled: false, counts: counts(3) }), now)).toEqual({
      status: 'disconnected',
      ...counts(3),
      cause: 'off',
    });
  });

  test('is disconnected when the browser says that there is no network', () => {
    expect(deriveState(facts({ online: false, link: { kind: 'down' } }), now)).toMatchObject({
      status: 'disconnected',
      cause: 'offline',
    });
  });

  test('is connecting in the first ten seconds, then stuck', () => {
    const trying = facts({ link: { kind: 'down' }, tryingSince: at(0) });
    expect(deriveState(trying, at(PATIENCE_MS - 1)).status).toBe('connecting');
    expect(deriveState(trying, at(PATIENCE_MS)).status).toBe('stuck');
  });

  test('is stuck after three rapid failures, and says what was met and when the next attempt is', () => {
    const failing = facts({
      link: { kind: 'down' },
      failures: 3,
      lastFailure: { code: 'unreachable', message: 'No answer.' },
      nextAttempt: 42,
      counts: counts(5),
    });
    expect(deriveState(failing, now)).toEqual({
      status: 'stuck',
      ...counts(5),
      diagnostics: { attempts: 3, code: 'unreachable', lastFailure: 'No answer.' },
      nextAttempt: 42,
    });
  });

  test('is stuck when acknowledgements are overdue on an open connection', () => {
    const waiting = facts({ counts: counts(1), link: open({ waitingSince: at(60_000 - PATIENCE_MS) }) });
    expect(deriveState(waiting, now)).toMatchObject({
      status: 'stuck',
      diagnostics: { code: 'acks-overdue' },
    });
  });

  test('[QU-3] is stuck while connections come up and nothing gets through, in the words of the last failure', () => {
    const refusing = facts({
      counts: counts(1),
      failures: 3,
      lastFailure: { code: 'server-failed', message: 'The disk is full.' },
      link: open({ proof: undefined, useful: false }),
    });
    expect(deriveState(refusing, now)).toMatchObject({
      status: 'stuck',
      diagnostics: { code: 'server-failed', lastFailure: 'The disk is full.' },
    });
    expect(deriveState({ ...refusing, link: open({ proof: undefined }) }, now).status).toBe('syncing');
  });

  test('is syncing, not synced, with something pending or without a proof', () => {
    expect(deriveState(facts({ counts: counts(1) }), now).status).toBe('syncing');
    expect(deriveState(facts({ link: open({ proof: undefined }) }), now).status).toBe('syncing');
  });

  test('is incompatible for a refusal that time does not mend, and stuck for one that it does', () => {
    const refused = (reason: 'rebuilt' | 'overloaded'): LightFacts =>
      facts({ link: { kind: 'refused', reason, message: 'so' } });
    expect(deriveState(refused('rebuilt'), now)).toMatchObject({ status: 'incompatible', reason: 'rebuilt' });
    expect(deriveState(refused('overloaded'), now)).toMatchObject({
      status: 'stuck',
      diagnostics: { code: 'server-busy', lastFailure: 'so' },
    });
  });

  test('is never synced without all of: enabled, an open link, a proof, nothing pending', () => {
    const anyFacts = fc.record({
      enabled: fc.boolean(),
      online: fc.boolean(),
      counts: fc.record({ pending: fc.nat(3), attention: fc.nat(2), conflicts: fc.nat(2) }),
      link: fc.constantFrom<LightFacts['link']>(
        { kind: 'down' },
        { kind: 'refused', reason: 'rebuilt', message: '' },
        open(),
        open({ proof: undefined }),
        open({ level: false }),
      ),
      failures: fc.nat(5),
      lastFailure: fc.constant(undefined),
      tryingSince: fc.constant(at(0)),
      nextAttempt: fc.constant(undefined),
    });
    fc.assert(
      fc.property(anyFacts, (given) => {
        const proven =
          given.enabled &&
          given.link.kind === 'open' &&
          given.link.proof !== undefined &&
          given.counts.pending === 0;
        expect(deriveState(given, now).status === 'synced').toBe(proven);
      }),
    );
  });
});

describe('[LT-3] a state shown elsewhere', () => {
  const synced = deriveState(facts(), now);

  test('ages: three seconds after its proof it is not synced', () => {
    expect(shownState(synced, now.wall + 3_000).status).toBe('synced');
    expect(shownState(synced, now.wall + 3_001).status).toBe('syncing');
  });

  test('proves nothing when the clock was set back', () => {
    expect(shownState(synced, now.wall - 1).status).toBe('syncing');
  });
});
