import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { ShopError, type ShopErrorValue } from '@octavo/shop/errors.ts';
import { StoreError } from '../../cloud/store/object-store.ts';
import { ImageTooLargeError } from '../../covers/decode-cover.ts';
import { UnusableImageError } from '../../covers/make-cover.ts';
import { TooManyWaitingError } from '../../covers/turns.ts';
import { NoSuchDatabaseError } from '../../databases/unavailable.ts';
import type { CommandOutcome } from '../../databases/server-commands.ts';
import { ApiError } from '../api-error.ts';
import { toApiError } from '../error-answers.ts';

/** Whoever is told to come again does not come at once. */
const AGAIN_AFTER = { 'retry-after': '1' };

/** What is answered to a command that was done. @throws ApiError for everything else */
export function answerTo(id: string, outcome: CommandOutcome | { outcome: 'in-progress' }) {
  switch (outcome.outcome) {
    case 'done':
      return { id, result: outcome.result };
    case 'conflict':
      throw new ApiError(409, 'conflict', outcome.message, { current: outcome.current });
    case 'refused':
    case 'rejected':
      throw rejection(outcome.error);
    case 'other-lineage':
      throw otherLineage('This was decided for another shop than the one that has this name here.');
    case 'not-yet': {
      const words = 'What this is about has not arrived here yet. Nothing was done; send it again.';
      throw new ApiError(425, 'not-yet', words, {}, AGAIN_AFTER);
    }
    case 'in-progress':
      throw new ApiError(
        425,
        'in-progress',
        'This is being done. Ask again for the answer.',
        {},
        AGAIN_AFTER,
      );
  }
}

/**
 * What a failure means to whoever sent a command. A database or a store that fails is never the command's fault, so it
 * is told to send it again: nothing is kept of it then.
 */
export function toCommandError(error: unknown): ApiError {
  // Perhaps a folder that is not where it was: nobody's queue is emptied for that.
  if (error instanceof NoSuchDatabaseError) return otherLineage(error.message);
  if (error instanceof ShopError) return rejection(error.value);
  if (error instanceof ImageTooLargeError) return new ApiError(413, 'image-too-large', error.message);
  if (error instanceof UnusableImageError) return new ApiError(422, error.code, error.message);
  if (error instanceof TooManyWaitingError)
    return new ApiError(503, 'overloaded', error.message, {}, { 'retry-after': '10' });
  if (error instanceof StoreError)
    return new ApiError(503, 'cover-store-failed', `The image could not be stored: ${error.message}`);
  const answer = toApiError(error);
  if (!(error instanceof RemoteError)) return answer;
  const { message, extra, headers } = answer;
  return new ApiError(503, answer.status === 400 ? 'database-failed' : answer.error, message, extra, headers);
}

/** Kept by whoever sent it, for a person to decide. */
function otherLineage(why: string): ApiError {
  return new ApiError(409, 'other-lineage', `${why} Nothing was done.`);
}

function rejection({ code, message, details }: ShopErrorValue): ApiError {
  return new ApiError(422, code, message, { details });
}
