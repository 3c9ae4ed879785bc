import { ByteReader, ByteWriter } from './bytes.ts';
import { deflate, inflate, isFairClaim } from './compression.ts';
import { COMPRESSION_THRESHOLD_BYTES, MAX_FRAME_BYTES, MAX_HELLO_BYTES } from './limits.ts';
import {
  type Compression,
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

/** Opens a frame that holds another one, compressed: a uint, the other's length, and its bytes after raw DEFLATE. */
const COMPRESSED_CODE = 10;

/**
 * One message as one binary WebSocket frame: its number, then its fields. With a compression that was agreed on in the
 * handshake, a batch of some size is compressed.
 */
export function encodeFrame(message: Message, compression?: Compression): Uint8Array<ArrayBuffer> {
  const frame = encodePlain(message);
  if (compression === undefined || message.type !== 'batch' || frame.length < COMPRESSION_THRESHOLD_BYTES)
    return frame;
  const deflated = deflate(frame);
  if (!isFairClaim(frame.length, deflated.length)) return frame;
  const writer = new ByteWriter(deflated.length + 8);
  writer.uint(COMPRESSED_CODE);
  writer.uint(frame.length);
  writer.raw(deflated);
  return writer.finish();
}

function encodePlain(message: Message): Uint8Array<ArrayBuffer> {
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
  const code = reader.uint();
  return code === COMPRESSED_CODE ? decodeCompressed(reader) : decodePlain(code, reader);
}

function decodeCompressed(reader: ByteReader): Message {
  const length = reader.uint();
  if (length < COMPRESSION_THRESHOLD_BYTES)
    throw new ProtocolError('malformed', `A frame of ${length} bytes was compressed.`);
  const inflated = new ByteReader(inflate(reader.raw(reader.remaining), length));
  return decodePlain(inflated.uint(), inflated);
}

function decodePlain(code: number, reader: ByteReader): Message {
  const definition = definitionByCode.get(code);
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

/**
 * Decodes the first frame of a client, about whom nothing is known: nothing is inflated for strangers. Throws
 * {@link ProtocolError}.
 */
export function decodeHello(frame: Uint8Array): Extract<Upstream, { type: 'hello' }> {
  if (frame.length > MAX_HELLO_BYTES)
    throw new ProtocolError('too-large', `A first frame of ${frame.length} bytes is over the limit.`);
  const reader = new ByteReader(frame);
  const message = decodePlain(reader.uint(), reader);
  if (message.type !== 'hello')
    throw new ProtocolError('unexpected', `"${message.type}" came before the hello.`);
  return message;
}

/** Decodes a frame from a server. Throws {@link ProtocolError}. */
export function decodeDownstream(frame: Uint8Array): Downstream {
  const message = decodeFrame(frame);
  if (!isDownstream(message))
    throw new ProtocolError('unexpected', `A server does not send "${message.type}".`);
  return message;
}
