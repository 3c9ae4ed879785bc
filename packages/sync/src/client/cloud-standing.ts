import { toHex } from '@octavo/protocol/identity.ts';
import type { Cloud } from '@octavo/protocol/messages.ts';
import type { CloudStanding } from '../state.ts';

/** What a server's message means to whoever shows it. */
export function cloudStanding({ state, failure, site, version, copiedAt }: Cloud): CloudStanding {
  const copy = { site: toHex(site), version, copiedAt };
  switch (state) {
    case 'off':
      return { state };
    case 'copied':
      return { state, ...copy };
    case 'copying':
      return { state, ...copy, failing: failure };
    case 'failed':
      return { state, ...copy, failure: failure ?? 'failed' };
  }
}
