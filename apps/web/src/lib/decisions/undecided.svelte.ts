import { host } from '../database/host.svelte.ts';
import type { Undecided } from './contract.ts';

/** What waits for somebody to decide on this device, as it changes. Make it while a component is set up. */
export class LiveUndecided {
  /** Undefined until the first answer. */
  value = $state.raw<Undecided>();

  constructor() {
    $effect(() => host.client?.onUndecided((undecided) => (this.value = undecided)));
  }
}
