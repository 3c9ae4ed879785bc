/** What is wrong with a message; each is also a close code (see `close-codes.ts`). */
export type ProtocolErrorKind =
  /** The bytes are not a message of this protocol version. */
  | 'malformed'
  /** A frame or a value is larger than the limits allow. */
  | 'too-large'
  /** A message that this role, or this moment of the conversation, does not allow. */
  | 'unexpected';

/** Thrown while decoding or checking a message. The session answers by closing the connection with the matching code. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly kind: ProtocolErrorKind;

  constructor(kind: ProtocolErrorKind, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.kind = kind;
  }
}
