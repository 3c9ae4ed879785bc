import { ByteReader, ByteWriter } from './bytes.ts';
import { MAX_FRAME_BYTES } from './limits.ts';
import {
  definitions,
  type Downstream,
  isDownstream,
  isUpstream,
  type Message,
  type Upstream,
} from './messages.ts';
import { ProtocolError } from './protocol-error.ts';

const definitionByCode = new Map(definitions.map((definition) => [definition.code, definition]));
const definitionByName = new Map(definitions.map((definition) => [definition.name, definition]));

/** One message as one binary WebSocket frame: its number, then its fields. */
export function encodeFrame(message: Message): Uint8Array<ArrayBuffer> {
  const definition = definitionByName.get(message.type);
  if (definition === undefined) throw new RangeError(`No such message: ${message.type}`);
  const writer = new ByteWriter(message.type === 'batch' ? 64 * 1024 : 256);
  writer.uint(definition.code);
  definition.codec.write(writer, message);
  return writer.finish();
}

function decodeFrame(frame: Uint8Array): Message {
  if (frame.length > MAX_FRAME_BYTES)
    throw new ProtocolError(
      'too-large',
      `A frame of ${frame.length} bytes is over the limit of ${MAX_FRAME_BYTES}.`,
    );
  const reader = new ByteReader(frame);
  const definition = definitionByCode.get(reader.uint());
  if (definition === undefined)
    throw new ProtocolError('malformed', 'The frame opens with no known message number.');
  const fields = definition.codec.read(reader);
  reader.end();
  // The codec of this name has just read and checked the fields of this message.
  return { type: definition.name, ...(fields as object) } as Message;
}

/** Decodes a frame from a client. Throws {@link ProtocolError}. */
export function decodeUpstream(frame: Uint8Array): Upstream {
  const message = decodeFrame(frame);
  if (!isUpstream(message))
    throw new ProtocolError('unexpected', `A client does not send "${message.type}".`);
  return message;
}

/** Decodes a frame from a server. Throws {@link ProtocolError}. */
export function decodeDownstream(frame: Uint8Array): Downstream {
  const message = decodeFrame(frame);
  if (!isDownstream(message))
    throw new ProtocolError('unexpected', `A server does not send "${message.type}".`);
  return message;
}
