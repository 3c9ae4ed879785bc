/** Why a file cannot be imported at all. Single rows are never an ImportError: they are refused one by one. */
export type ImportErrorCode =
  /** Nothing in it. */
  | 'empty'
  /** Larger than MAX_STOCK_LIST_BYTES. */
  | 'too-large'
  /** A picture, an archive, a program: not text. */
  | 'binary'
  /** A spreadsheet's own file: it can be saved as CSV. */
  | 'spreadsheet'
  /** A header without a row below it. */
  | 'header-only'
  /** No column is known to hold the ISBN; a person may choose one. */
  | 'no-isbn-column'
  /** The text cannot be decoded the way that was asked for. */
  | 'unknown-encoding';

/** Thrown when a file cannot be imported; the message says what to do instead. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
  readonly code: ImportErrorCode;

  constructor(code: ImportErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
