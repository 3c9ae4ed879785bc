import type { IncompatibleReason } from '@octavo/sync/state.ts';
import { reloadedFor } from '../cloud/reload-once.ts';
import { host } from '../database/host.svelte.ts';
import { settings } from '../settings/store.svelte.ts';
import { begin } from './replace.ts';

/** Whether the dialog about a refusal is open in this page. It opens by itself, once for each refusal. */
class WaysOut {
  open = $state(false);
  /** What it last opened for. */
  #told: IncompatibleReason | undefined;

  /** Follows the state of sync; to be called in an effect. */
  follow(): void {
    const { sync, recovery } = host;
    if (sync.status === 'incompatible' && recovery.replacing === undefined) {
      if (sync.reason === 'rebuilt' && this.#followsByItself()) return;
      if (this.#told !== sync.reason) this.open = true;
      this.#told = sync.reason;
      return;
    }
    this.open = false;
    // A takeover by another tab begins with "connecting" and is no news.
    if (sync.status === 'synced' || sync.status === 'disconnected') this.#told = undefined;
  }

  /**
   * The server has put its shop in the place of an empty one, which is why this page was loaded anew. A browser that has
   * nothing which that shop lacks takes it, and nobody is asked.
   */
  #followsByItself(): boolean {
    if (reloadedFor !== settings.current.database) return false;
    const { comparison } = host.recovery;
    if (comparison === undefined) void host.client?.compareShops();
    if (comparison?.problem !== undefined) return false;
    if (comparison?.counts === undefined) return true;
    const { neverSent, onlyHere } = comparison.counts;
    if (neverSent > 0 || onlyHere > 0) return false;
    void begin('unsent');
    return true;
  }
}

export const waysOut = new WaysOut();
