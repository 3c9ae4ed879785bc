/**
 * SQLite failures, classified by result code in this one place. Nothing anywhere else looks at a message's text.
 */

/** What a caller can do about a failure. */
export type SqliteFailure =
  /** The statement is wrong, or breaks a constraint: the caller's fault, the database is fine. */
  | 'statement'
  /** A constraint (CHECK, NOT NULL, STRICT type, RAISE) refused a value. */
  | 'constraint'
  /** Another connection or process holds the file. */
  | 'busy'
  /** The disk or the storage quota is full. */
  | 'full'
  /** The file cannot be written, opened or read by this process. */
  | 'access'
  /** The file's content is not a sound database. */
  | 'corrupt'
  /** Reading or writing failed below SQLite. */
  | 'io'
  /** The WASM instance trapped: it is unusable, the file must be opened again with a new one. */
  | 'trapped';

/** Thrown by every database function. */
export class SqliteError extends Error {
  override readonly name = 'SqliteError';
  readonly failure: SqliteFailure;
  /** SQLite's (extended) result code, or -1 for a trap. */
  readonly resultCode: number;

  constructor(message: string, resultCode: number, options?: { cause?: unknown }) {
    super(message, options);
    this.resultCode = resultCode;
    this.failure = failureOf(resultCode);
  }
}

/** The code of a trapped instance; no SQLite result code is negative. */
export const TRAPPED = -1;

/** Classifies a result code by its primary part, https://www.sqlite.org/rescode.html. */
export function failureOf(resultCode: number): SqliteFailure {
  if (resultCode === TRAPPED) return 'trapped';
  switch (resultCode & 0xff) {
    case 5: // SQLITE_BUSY
    case 6: // SQLITE_LOCKED
      return 'busy';
    case 13: // SQLITE_FULL
      return 'full';
    case 3: // SQLITE_PERM
    case 8: // SQLITE_READONLY
    case 14: // SQLITE_CANTOPEN
    case 23: // SQLITE_AUTH
      return 'access';
    case 11: // SQLITE_CORRUPT
    case 26: // SQLITE_NOTADB
      return 'corrupt';
    case 7: // SQLITE_NOMEM
    case 10: // SQLITE_IOERR
      return 'io';
    case 19: // SQLITE_CONSTRAINT
    case 20: // SQLITE_MISMATCH
      return 'constraint';
    default:
      return 'statement';
  }
}
