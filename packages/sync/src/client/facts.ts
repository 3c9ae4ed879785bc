import type { Counts } from '../state.ts';
import type { Attempts } from './attempts.ts';
import type { Instant } from './heartbeat.ts';
import type { LightFacts, LinkFacts } from './light.ts';
import type { Phase } from './phase.ts';

/** What a client knows of itself at a moment. */
export interface ClientStanding {
  enabled: boolean;
  online: boolean;
  counts: Counts;
  phase: Phase;
  attempts: Attempts;
}

/** Gathers what the light depends on. */
export function lightFacts(standing: ClientStanding, now: Instant): LightFacts {
  const { enabled, online, counts, phase, attempts } = standing;
  return {
    enabled,
    online,
    counts,
    link: linkFacts(phase, attempts, now),
    failures: attempts.failures,
    lastFailure: attempts.lastFailure,
    tryingSince: attempts.since,
    nextAttempt: nextAttempt(phase, now),
  };
}

function linkFacts(phase: Phase, { refusal }: Attempts, now: Instant): LinkFacts {
  if (phase.name === 'open') {
    const { mayWrite, level, progress, useful, waitingSince } = phase.link;
    return { kind: 'open', mayWrite, level, proof: phase.link.proof(now), progress, useful, waitingSince };
  }
  return refusal === undefined
    ? { kind: 'down' }
    : { kind: 'refused', reason: refusal.reason, message: refusal.message };
}

function nextAttempt(phase: Phase, now: Instant): number | undefined {
  if (phase.name !== 'down' || phase.retryAt === undefined) return undefined;
  return Math.round(now.wall + Math.max(0, phase.retryAt - now.monotonic));
}
