import type { CloudStanding } from '@octavo/sync/state.ts';

/** Whether the server's copy outside its own disk is well, as far as anybody has said. */
export type CopyHealth = 'unknown' | 'well' | 'failing';

/** What a page knows of the copy. */
export interface CopyKnowledge {
  /** The last word of anybody: of the protocol, or of any answer over HTTP. */
  health: CopyHealth;
  /** What the protocol last said. */
  standing: CloudStanding | undefined;
  /** When that came, by the page's monotonic clock, ms. */
  toldAt: number;
}

export const nothingKnown: CopyKnowledge = { health: 'unknown', standing: undefined, toldAt: -Infinity };

/** The header that goes with every answer about a database whose copy fails. */
export const STATUS_HEADER = 'x-sync-status';

/**
 * What is known after a state of sync has come. States repeat what was said before: only what is new is a word. A worker
 * that has just taken over knows nothing, which is no word either.
 */
export function told(known: CopyKnowledge, standing: CloudStanding | undefined, now: number): CopyKnowledge {
  if (standing === undefined || JSON.stringify(standing) === JSON.stringify(known.standing)) return known;
  return { health: healthOf(standing), standing, toldAt: now };
}

/** What is known after an answer to a request of that moment: one that may be older than the last word is none. */
export function answered(known: CopyKnowledge, health: CopyHealth, askedAt: number): CopyKnowledge {
  if (health === 'unknown' || askedAt < known.toldAt) return known;
  return { ...known, health };
}

/** What an answer says of the copy: one of a proxy whose server is away, or to somebody who may not ask, says nothing. */
export function healthOfAnswer({ status, headers }: Pick<Response, 'status' | 'headers'>): CopyHealth {
  if (headers.get(STATUS_HEADER) === 'failed') return 'failing';
  return status >= 500 || status === 401 || status === 403 ? 'unknown' : 'well';
}

/** While it is tried again, it still fails. */
function healthOf(standing: CloudStanding): CopyHealth {
  switch (standing.state) {
    case 'off':
    case 'copied':
      return 'well';
    case 'copying':
      return standing.failing === undefined ? 'well' : 'failing';
    case 'failed':
      return 'failing';
  }
}
