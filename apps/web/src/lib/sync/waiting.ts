import { countsOf } from '@octavo/sync/client/light.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import type { Waiting } from '../database/tabs/leader-link.ts';

/** What is said while whoever has the database does not answer. */
export const waitingWords: Record<Waiting, { word: string; sentence: string }> = {
  elsewhere: {
    word: 'Waiting for another tab',
    sentence:
      'Another tab or window of Octavo has the shop’s database and does not answer at the moment. This one goes on by itself as soon as the other answers or is closed; nothing is lost.',
  },
  here: {
    word: 'Busy',
    sentence:
      'The database is busy with something that takes long. Octavo goes on by itself when that is done.',
  },
  'newer-version': {
    word: 'Waiting for another tab',
    sentence:
      'Another tab runs a newer version of Octavo and has the shop’s database. Reload this page to go on here; nothing is lost.',
  },
};

/** What the light shows meanwhile: never green, with what was last known to be pending. */
export function waitingState(state: SyncState, waiting: Waiting): SyncState {
  return {
    status: 'stuck',
    ...countsOf(state),
    diagnostics: { attempts: 0, code: 'own-database-away', lastFailure: waitingWords[waiting].sentence },
    nextAttempt: undefined,
  };
}
