import type { FailureCode, IncompatibleReason } from '@octavo/sync/state.ts';
import type { Feature } from './facts.ts';
import type { Remedy } from './remedies.ts';

/** What is wrong, the gravest kinds first: nothing can be done, the data is in danger, sync stands still, good to know. */
export type Cause =
  | { cause: 'not-secure' }
  | { cause: 'program-not-loaded' }
  | { cause: 'browser-lacks'; missing: Feature[] }
  | { cause: 'storage-away' }
  | { cause: 'bad-address' }
  | { cause: 'app-older-than-database' }
  | { cause: 'app-older-than-tab' }
  | { cause: 'held-by-silent-tab' }
  | { cause: 'busy' }
  | { cause: 'device-full' }
  | { cause: 'record-unreadable' }
  | { cause: 'database-damaged'; code: string }
  | { cause: 'database-not-opened'; code: string; fileIsSound: boolean }
  | { cause: 'damaged-in-use'; messages: string[] }
  | { cause: 'bookkeeping-wrong'; messages: string[] }
  | { cause: 'not-saved-here' }
  | { cause: 'sync-off' }
  | { cause: 'no-network' }
  | { cause: 'server-away' }
  | { cause: 'server-refuses'; reason: IncompatibleReason }
  | { cause: 'other-shop' }
  | { cause: 'server-without-shop' }
  | { cause: 'not-allowed' }
  | { cause: 'sync-blocked'; why: string }
  | { cause: 'not-getting-through'; code: FailureCode }
  | { cause: 'clock-off'; minutes: number }
  | { cause: 'nearly-full' }
  | { cause: 'update-ready' }
  | { cause: 'may-be-cleared' };

export interface Diagnosis {
  cause: Cause;
  /** The least destructive first. */
  remedies: Remedy[];
}
