/** Why a replica was not filled from a snapshot: a closed list, for whoever decides what to do instead. */
export type SnapshotFailureCode =
  /** The connection was lost, or fell silent: what has come is kept, and the download goes on from there. */
  | 'cut'
  /** The server cannot give one at the moment. */
  | 'unavailable'
  /** There is none for this app, or it would not be worth it: streaming does. */
  | 'unsuitable'
  /** What came is not what was announced, or cannot be used. */
  | 'damaged';

/** The message says what happened. Nothing of any database was changed. */
export class SnapshotFailure extends Error {
  override readonly name = 'SnapshotFailure';
  readonly code: SnapshotFailureCode;

  constructor(code: SnapshotFailureCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
