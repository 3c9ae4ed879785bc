import { BUSY, CANTOPEN, FULL } from '../result-codes.ts';
import { StorageError } from './file-system.ts';

/** What the names of the browser's exceptions mean to SQLite; with any other, what was being done decides. */
const CODE_BY_NAME: Readonly<Record<string, number>> = {
  NoModificationAllowedError: BUSY,
  QuotaExceededError: FULL,
  NotAllowedError: CANTOPEN,
  NotFoundError: CANTOPEN,
  NotSupportedError: CANTOPEN,
  SecurityError: CANTOPEN,
  TypeMismatchError: CANTOPEN,
};

/** Classifies a failure of the browser's file functions; `otherwise` is the code of what was being done. */
export function opfsStorageError(file: string, otherwise: number, error: unknown): StorageError {
  if (error instanceof StorageError) return error;
  const name = error instanceof Error ? error.name : String(error);
  const code = CODE_BY_NAME[name] ?? otherwise;
  const message =
    code === BUSY ? `"${file}" is held by another tab or worker` : `"${file}" failed with ${name}`;
  return new StorageError(message, code, { cause: error });
}
