import { count, formatNumber } from '../format/text.ts';
import type { KeptKind, Recovered, Replacing, WhyReplaced } from './contract.ts';

/** Why a database was replaced, for the list of those that are kept. */
export const keptWords: Record<WhyReplaced, string> = {
  nuked: 'replaced by “Nuke and Resync”',
  'kept-mine': 'replaced by “Keep my data”',
  restored: 'replaced by an older copy that was put back',
  damaged: 'put aside because it could not be opened',
  snapshot: 'replaced by the server’s copy',
};

/** What only a kept database has, by how it stands to the shop, and what can be done about it. */
export const keptKindWords: Record<
  KeptKind,
  { title: string; explanation: string; action: string; done: string }
> = {
  missing: {
    title: 'Not in the shop now',
    explanation: 'It was entered in this copy, and the shop does not have it.',
    action: 'Bring back',
    done: 'Brought back',
  },
  different: {
    title: 'Different in the shop now',
    explanation: 'Both have it. Using this one replaces what is in the shop.',
    action: 'Use this one',
    done: 'Used this copy’s',
  },
  removed: {
    title: 'Removed in this copy, and in the shop now',
    explanation: 'Somebody had removed it. It stays in the shop unless it is removed once more.',
    action: 'Remove again',
    done: 'Removed',
  },
};

/** What is being done, while it is. */
export function replacingWords({ why, stage }: Replacing): string {
  const what = why === 'kept-mine' ? '“Keep my data”' : '“Nuke and Resync”';
  return stage === 'filling'
    ? `${what} is fetching the shop from the server. You can go on working; nothing is replaced before all of it is here.`
    : `${what} is carrying over what was entered here.`;
}

/** What came of it. */
export function recoveredWords({ occasion, restored, alreadyNewer, failed }: Recovered): string {
  const total = restored + alreadyNewer + failed;
  const done = doneWords(occasion);
  if (total === 0) return `${done} There was nothing to carry over.`;
  return `${done} Of ${count(total, 'record')} carried over, ${formatNumber(restored)} restored, ${formatNumber(alreadyNewer)} already newer, ${formatNumber(failed)} failed.`;
}

function doneWords(occasion: string): string {
  switch (occasion) {
    case 'kept-mine':
      return 'Your data is kept and goes to the server.';
    case 'restored':
      return 'The older copy is in use again.';
    default:
      return 'This browser has been filled anew from the server.';
  }
}
