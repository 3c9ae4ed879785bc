import type { Batch } from './batch.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { type Decoded, list, struct, text, uint, varint } from './codec.ts';
import { decodeDownstream, encodeFrame } from './frame.ts';
import { epoch, id } from './identity.ts';
import { MAX_EPOCHS, MAX_FRAME_BYTES, MAX_NAME_BYTES } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

/** The first bytes: what it is, and the version of its layout. */
const MAGIC = new TextEncoder().encode('OLP1');

const header = struct({
  lineage: id,
  siteId: id,
  schemaName: text(MAX_NAME_BYTES),
  schemaVersion: uint,
  /** The site's epochs up to `through`, newest last. */
  epochs: list(epoch, MAX_EPOCHS),
  after: varint,
  through: varint,
});

/** Which stretch of whose log it is: everything that was written after one version up to another, by everybody. */
export type LogPartHeader = Decoded<typeof header>;

/** The beginning of a part of a log as it is kept outside. Each of its batches follows as an {@link encodeLogPartBatch}. */
export function encodeLogPartHeader(part: LogPartHeader): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter();
  writer.raw(MAGIC);
  header.write(writer, part);
  return writer.finish();
}

export function encodeLogPartBatch(batch: Batch): Uint8Array<ArrayBuffer> {
  const frame = encodeFrame({ type: 'batch', ...batch }, 'deflate');
  const writer = new ByteWriter(frame.length + 4);
  writer.blob(frame);
  return writer.finish();
}

/** Reads a part of a log. @throws ProtocolError where the bytes are none, also while batches are read */
export function decodeLogPart(bytes: Uint8Array): { header: LogPartHeader; batches: Iterable<Batch> } {
  const reader = new ByteReader(bytes);
  if (reader.remaining < MAGIC.length || !MAGIC.every((byte) => reader.byte() === byte))
    throw new ProtocolError('malformed', 'This is no part of a log.');
  return { header: header.read(reader), batches: batchesOf(reader) };
}

function* batchesOf(reader: ByteReader): Generator<Batch> {
  while (reader.remaining > 0) {
    const message = decodeDownstream(reader.blob(MAX_FRAME_BYTES));
    if (message.type !== 'batch')
      throw new ProtocolError('unexpected', `A part of a log holds "${message.type}".`);
    yield message;
  }
}
