import type { SyncState } from '@octavo/sync/state.ts';

/** Why a file that is to be filled from the server does not get on, in words; undefined while it does. */
export function syncProblem(state: SyncState): string | undefined {
  switch (state.status) {
    case 'connecting':
    case 'syncing':
    case 'synced':
      return undefined;
    case 'disconnected':
      return 'There is no network.';
    case 'stuck':
      return state.diagnostics.lastFailure;
    case 'incompatible':
      return state.message;
  }
}
