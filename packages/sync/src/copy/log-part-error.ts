export type LogPartFailure = 'other-lineage' | 'other-schema' | 'newer-schema';

/** A part of a log cannot be merged into this database. */
export class LogPartError extends Error {
  override readonly name = 'LogPartError';
  readonly failure: LogPartFailure;

  constructor(failure: LogPartFailure, message: string) {
    super(message);
    this.failure = failure;
  }
}
