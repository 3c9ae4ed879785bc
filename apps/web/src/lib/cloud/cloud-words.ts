import type { CloudFailure } from '@octavo/protocol/messages.ts';
import type { CloudStanding } from '@octavo/sync/state.ts';
import type { CloudDetails } from '../database/contract.ts';
import { formatDateTime, formatNumber } from '../format/text.ts';
import { agoWords } from '../sync/fact-words.ts';

const DAY_MS = 24 * 60 * 60_000;

const failureWords: Record<CloudFailure, string> = {
  unreachable: 'nobody answers where it is kept',
  silent: 'where it is kept, no answer comes or nothing goes on',
  refused: 'the server is not let in where it is kept',
  full: 'there is no room where it is kept',
  damaged: 'what arrived there is not what was sent',
  failed: 'something went wrong there or at the server',
  'not-yet-copied': 'the last changes are not in it yet',
};

/** How old the copy is, and how it stands. */
export function copyWords(standing: CloudStanding, failing: boolean, now: number): string {
  if (standing.state === 'off') return 'none: this server keeps no copy';
  const { version, copiedAt } = standing;
  const last =
    version === 0 || copiedAt === undefined
      ? 'there is none yet'
      : `version ${formatNumber(version)}, ${ageWords(now - copiedAt)}, at ${formatDateTime(copiedAt)}`;
  if (failing) return `behind; ${version === 0 ? last : `the last one is ${last}`}`;
  return standing.state === 'copying'
    ? `being copied now; ${version === 0 ? last : `the last one is ${last}`}`
    : last;
}

/** Which version of the copy has what was entered on this device last. */
export function ownWords(standing: CloudStanding, { complete }: CloudDetails): string | undefined {
  if (standing.state === 'off') return undefined;
  if (!complete) return 'not in the copy yet';
  return `in version ${formatNumber(standing.version)}`;
}

/** What a person has to know while the copy fails. */
export function failingSentence(standing: CloudStanding | undefined): string {
  const failure = failureOf(standing);
  const why = failure === undefined ? '' : `: ${failureWords[failure]}`;
  return `The copy in the cloud has failed${why}. What the server has is safe on its disk, and the next change tries again by itself.`;
}

function failureOf(standing: CloudStanding | undefined): CloudFailure | undefined {
  switch (standing?.state) {
    case 'failed':
      return standing.failure;
    case 'copying':
      return standing.failing;
    default:
      return undefined;
  }
}

/** Two clocks are compared: what seems to come has just been. */
function ageWords(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1_000);
  if (seconds < 1) return 'just now';
  if (seconds < 90) return `${seconds} s ago`;
  return milliseconds < 2 * DAY_MS ? agoWords(milliseconds) : `${Math.round(milliseconds / DAY_MS)} days ago`;
}
