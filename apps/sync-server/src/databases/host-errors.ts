import { SqliteError, type SqliteFailure } from '@octavo/crsqlite/errors.ts';
import type { ErrorMessage } from '@octavo/rpc/remote-error.ts';
import { errorToMessage } from '@octavo/rpc/remote-error.ts';
import { ShopError } from '@octavo/shop/errors.ts';
import * as v from 'valibot';
import { MissingPartError } from '../cloud/part-chain.ts';
import { UnmergeableCopyError } from '../cloud/unmergeable-copy-error.ts';

/** Calls about a database that the thread does not hold (any more). Asking again opens it. */
export class NotOpenError extends Error {
  override readonly name = 'NotOpenError';
  readonly code = 'not-open';
}

/** The rows of a statement are more than fits into one answer. The statement itself has been done. */
export class ResultTooLargeError extends Error {
  override readonly name = 'ResultTooLargeError';
  readonly code = 'result-too-large';
}

/** A copy of a database's file could not be written. The database itself is well. */
export class CopyFailedError extends Error {
  override readonly name = 'CopyFailedError';
  readonly code = 'copy-failed';
}

/** How SQLite's failures cross the port between the threads. */
export const sqliteDetails = v.object({
  failure: v.custom<SqliteFailure>((value) => typeof value === 'string'),
  resultCode: v.number(),
});

/** Describes what a database function threw for the other thread. */
export function describeHostError(error: unknown): ErrorMessage {
  if (error instanceof SqliteError) {
    const details: v.InferOutput<typeof sqliteDetails> = {
      failure: error.failure,
      resultCode: error.resultCode,
    };
    return { code: 'sqlite', message: error.message, details };
  }
  return errorToMessage(error);
}

/** What was asked for cannot be done; the database has said so and is as it was. */
const harmless = [ShopError, ResultTooLargeError, CopyFailedError, MissingPartError, UnmergeableCopyError];

/**
 * Whether an error means that an open database cannot be trusted any more. What a caller did wrong and what may pass
 * by itself is not; an error nobody foresaw is.
 */
export function isFatal(error: unknown): boolean {
  if (harmless.some((kind) => error instanceof kind)) return false;
  if (!(error instanceof SqliteError)) return true;
  switch (error.failure) {
    case 'statement':
    case 'constraint':
    case 'busy':
    case 'full':
    case 'access':
      return false;
    case 'corrupt':
    case 'io':
    case 'trapped':
      return true;
  }
}
