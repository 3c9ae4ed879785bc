import { deflateSync, Inflate } from 'fflate';
import { MAX_COMPRESSION_RATIO, MAX_FRAME_BYTES } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

/** Fast rather than small: a batch is compressed between two keystrokes. */
const LEVEL = 1;
/** A piece of this size inflates to a megabyte at most, so that a lie is caught before it has cost much. */
const PIECE_BYTES = 1024;

/** Raw DEFLATE, RFC 1951. */
export function deflate(bytes: Uint8Array): Uint8Array {
  return deflateSync(bytes, { level: LEVEL });
}

/** Whether so many bytes are a fair claim for what they are compressed to. */
export function isFairClaim(length: number, compressed: number): boolean {
  return length <= MAX_COMPRESSION_RATIO * compressed;
}

/** Throws {@link ProtocolError} unless the bytes inflate to exactly `length` bytes; it stops where they would be more. */
export function inflate(bytes: Uint8Array, length: number): Uint8Array {
  if (length > MAX_FRAME_BYTES)
    throw new ProtocolError(
      'too-large',
      `A frame of ${length} bytes is over the limit of ${MAX_FRAME_BYTES}.`,
    );
  if (!isFairClaim(length, bytes.length))
    throw new ProtocolError(
      'malformed',
      `${bytes.length} bytes cannot be ${length}: what is as dense is not compressed.`,
    );
  const inflated = new Uint8Array(length);
  const progress = { filled: 0, ended: false };
  const stream = new Inflate((piece, final) => {
    if (progress.filled + piece.length > length)
      throw new ProtocolError('malformed', 'A compressed frame is larger than it says.');
    inflated.set(piece, progress.filled);
    progress.filled += piece.length;
    progress.ended = final;
  });
  for (let start = 0; start < bytes.length; start += PIECE_BYTES) {
    push(stream, bytes.subarray(start, start + PIECE_BYTES), start + PIECE_BYTES >= bytes.length);
  }
  if (!progress.ended || progress.filled !== length)
    throw new ProtocolError('malformed', 'A compressed frame ends before it is complete.');
  return inflated;
}

function push(stream: Inflate, piece: Uint8Array, final: boolean): void {
  try {
    stream.push(piece, final);
  } catch (error) {
    if (error instanceof ProtocolError) throw error;
    throw new ProtocolError('malformed', 'A frame is not what it was compressed from.', { cause: error });
  }
}
