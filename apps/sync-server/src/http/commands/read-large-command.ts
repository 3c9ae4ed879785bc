import { ShopError } from '@octavo/shop/errors.ts';
import { commandRequest, COVER_UPLOAD, type WireCommand } from '@octavo/shop/server-commands/wire.ts';
import * as v from 'valibot';
import { decodeCover, ImageTooLargeError, type SentCover } from '../../covers/decode-cover.ts';

/** What a large body turned out to be. */
export type LargeCommand =
  /** The only command that may be large; its image is no text any more. */
  | { kind: 'cover'; command: Omit<WireCommand, 'payload'>; cover: SentCover }
  | { kind: 'refused'; status: 400 | 413 | 422; error: string; message: string; details?: unknown };

/** Reads a large body from its first byte to its last, which takes a while. Knows nobody, to run in a thread of its own. */
export function readLargeCommand(bytes: Uint8Array): LargeCommand {
  try {
    const { payload, ...command } = v.parse(commandRequest, JSON.parse(new TextDecoder().decode(bytes)));
    if (command.type !== COVER_UPLOAD) return tooLarge;
    return { kind: 'cover', command, cover: decodeCover(payload) };
  } catch (error) {
    return refusalOf(error);
  }
}

export const tooLarge = {
  kind: 'refused',
  status: 413,
  error: 'body-too-large',
  message: 'Of a command only the image of a cover may be large.',
} as const satisfies LargeCommand;

function refusalOf(error: unknown): LargeCommand {
  if (error instanceof SyntaxError) {
    const message = `The body is not JSON: ${error.message}`;
    return { kind: 'refused', status: 400, error: 'malformed-json', message };
  }
  if (v.isValiError(error)) {
    const message = `The request is not what is expected here. ${error.message}`;
    return { kind: 'refused', status: 400, error: 'invalid-input', message };
  }
  if (error instanceof ImageTooLargeError)
    return { kind: 'refused', status: 413, error: 'image-too-large', message: error.message };
  if (!(error instanceof ShopError)) throw error;
  const { code, message, details } = error.value;
  return { kind: 'refused', status: 422, error: code, message, details };
}
