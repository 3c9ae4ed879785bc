/** An answer that is not what was asked for: a status, a code for programs, a message for people. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly status: number;
  /** Kebab-case; part of the server's contract. */
  readonly error: string;
  /** More fields of the body. */
  readonly extra: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    error: string,
    message: string,
    extra: Readonly<Record<string, unknown>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.error = error;
    this.extra = extra;
    this.headers = headers;
  }

  /** The body of the response. */
  toBody(): Record<string, unknown> {
    return { ...this.extra, error: this.error, message: this.message };
  }
}
