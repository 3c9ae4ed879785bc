/** How an error crosses a port. */
export interface ErrorMessage {
  readonly code: string;
  readonly message: string;
  readonly details: unknown;
}

/**
 * An error that happened at the other end of a port, or the port's own: `deadline` (no answer in time), `closed` (the
 * other end is gone, the outcome is unknown), `unreached` (there was nobody to ask in time: it was not done),
 * `aborted`, `unknown-method`, `not-cloneable`. Everything else is the `code` of the error that was thrown there,
 * `internal` when it had none.
 */
export class RemoteError extends Error {
  override readonly name = 'RemoteError';
  readonly code: string;
  readonly details: unknown;

  constructor({ code, message, details }: ErrorMessage) {
    super(message);
    this.code = code;
    this.details = details;
  }
}

/** Describes anything thrown for the other end: its `code` and `details` where it has them. */
export function errorToMessage(error: unknown): ErrorMessage {
  if (!(error instanceof Error)) return { code: 'internal', message: String(error), details: undefined };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'internal';
  return { code, message: error.message, details: 'details' in error ? error.details : undefined };
}
