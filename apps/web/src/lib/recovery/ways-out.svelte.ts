import type { IncompatibleReason } from '@octavo/sync/state.ts';
import { host } from '../database/host.svelte.ts';

/** Whether the dialog about a refusal is open in this page. It opens by itself, once for each refusal. */
class WaysOut {
  open = $state(false);
  /** What it last opened for. */
  #told: IncompatibleReason | undefined;

  /** Follows the state of sync; to be called in an effect. */
  follow(): void {
    const { sync, recovery } = host;
    if (sync.status === 'incompatible' && recovery.replacing === undefined) {
      if (this.#told !== sync.reason) this.open = true;
      this.#told = sync.reason;
      return;
    }
    this.open = false;
    // A takeover by another tab begins with "connecting" and is no news.
    if (sync.status === 'synced' || sync.status === 'disconnected') this.#told = undefined;
  }
}

export const waysOut = new WaysOut();
