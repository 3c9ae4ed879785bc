/** A copy cannot be merged into the database, which is well: a newer program wrote it, or it is no copy of this shop. */
export class UnmergeableCopyError extends Error {
  override readonly name = 'UnmergeableCopyError';
  readonly code: 'newer-schema' | 'unmergeable-copy';

  constructor(code: UnmergeableCopyError['code'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
