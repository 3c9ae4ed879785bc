import { shownState } from '@octavo/sync/client/light.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import { host } from '../database/host.svelte.ts';
import { waitingState } from './waiting.ts';

const AGEING_MS = 500;

/**
 * The state of sync as it is shown: what the leading worker said last, aged by this page's own clock, so that a worker
 * that has died or sleeps cannot stay green in any tab [LT-3].
 */
class SyncLight {
  #now = $state(Date.now());
  readonly state: SyncState = $derived(
    host.waiting === undefined
      ? shownState(host.sync, Math.max(this.#now, asOf(host.sync)))
      : waitingState(host.sync, host.waiting),
  );

  get now(): number {
    return this.#now;
  }

  /** Lets the shown state age from now on. Returns what ends it. */
  keepTime(): () => void {
    const timer = setInterval(() => (this.#now = Date.now()), AGEING_MS);
    return () => clearInterval(timer);
  }
}

/** A proof may be younger than the last time the page looked at its clock. */
function asOf(state: SyncState): number {
  return state.status === 'synced' ? state.asOf : 0;
}

export const light = new SyncLight();
