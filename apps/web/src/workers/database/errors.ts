import { SqliteError } from '@octavo/crsqlite/errors.ts';
import type { ErrorMessage } from '@octavo/rpc/remote-error.ts';
import { errorToMessage } from '@octavo/rpc/remote-error.ts';
import { ShopError } from '@octavo/shop/errors.ts';

/** Whether an error means that SQLite's instance is gone and the file has to be opened again. */
export function isTrap(error: unknown): error is SqliteError {
  return error instanceof SqliteError && error.failure === 'trapped';
}

/** How the worker's errors are told to the page: the shop's as they are, SQLite's by what can be done about them. */
export function describeDatabaseError(error: unknown, onLost: (message: string) => void): ErrorMessage {
  if (error instanceof ShopError) return error.value;
  if (!(error instanceof SqliteError)) return errorToMessage(error);
  if (isTrap(error)) onLost(error.message);
  return {
    code: `sqlite-${error.failure}`,
    message: error.message,
    details: { resultCode: error.resultCode },
  };
}
