import type { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { ShopQueryArgs, ShopQueryName, ShopQueryResult } from '@octavo/shop/queries/registry.ts';
import { host } from './host.svelte.ts';

/**
 * A query of the shop whose value follows the database. Make it while a component is set up. When the arguments change,
 * the last value stays until the new one is there.
 */
export class LiveQuery<Name extends ShopQueryName> {
  /** Undefined until the first answer. */
  value = $state.raw<ShopQueryResult<Name>>();
  error = $state.raw<RemoteError>();

  /** `args` may read reactive state; while it returns undefined, nothing is asked. */
  constructor(name: Name, args: () => ShopQueryArgs<Name> | undefined) {
    $effect(() => {
      const given = args();
      const client = host.client;
      if (client === undefined || given === undefined) return undefined;
      return client.live(
        name,
        given,
        (value) => {
          this.value = value;
          this.error = undefined;
        },
        (error) => (this.error = error),
      );
    });
  }
}
