import {
  CANTOPEN,
  FULL,
  IOERR_DELETE,
  IOERR_FSTAT,
  IOERR_FSYNC,
  IOERR_READ,
  IOERR_TRUNCATE,
  IOERR_WRITE,
  READONLY,
} from '../result-codes.ts';
import { StorageError } from './file-system.ts';

/** What was being done when the operating system refused, in the words of the message. */
export type NodeOperation = 'open' | 'read' | 'write' | 'truncate' | 'sync' | 'measure' | 'delete';

const CODE_BY_OPERATION: Readonly<Record<NodeOperation, number>> = {
  open: CANTOPEN,
  read: IOERR_READ,
  write: IOERR_WRITE,
  truncate: IOERR_TRUNCATE,
  sync: IOERR_FSYNC,
  measure: IOERR_FSTAT,
  delete: IOERR_DELETE,
};

/** The errno of a failure of Node's file functions, such as `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** Classifies a failure of Node's file functions. */
export function nodeStorageError(operation: NodeOperation, path: string, error: unknown): StorageError {
  const errno = errnoOf(error);
  const message = `cannot ${operation} ${path}: ${errno ?? String(error)}`;
  return new StorageError(message, codeOf(operation, errno), { cause: error });
}

function codeOf(operation: NodeOperation, errno: string | undefined): number {
  // The last one: a limit of the file system, or of the process, on the size of one file.
  if (errno === 'ENOSPC' || errno === 'EDQUOT' || errno === 'EFBIG') return FULL;
  // Only when opening: SQLite takes other codes than "full" and "I/O error" from a write for a mistake of its own.
  if (operation === 'open' && errno === 'EROFS') return READONLY;
  return CODE_BY_OPERATION[operation];
}
