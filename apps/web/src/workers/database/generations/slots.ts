/**
 * A small record that is either the old one or the new one, whatever happens while it is written: two slots of a file,
 * of which each holds a sequence number, the record and a checksum over both. The older slot is the one that is written.
 */

export const SLOT_BYTES = 16 * 1024;
const HEADER_BYTES = 16;
/** "OCTG" */
const MAGIC = 0x4f435447;

/** What a slot holds. */
export interface SlotRecord {
  sequence: number;
  text: string;
}

/** Thrown for a record that does not fit. */
export class SlotOverflowError extends Error {
  override readonly name = 'SlotOverflowError';
  readonly code = 'slot-overflow';
}

/** The newest whole record of a file's two slots; undefined where there is none. */
export function newestRecord(file: Uint8Array): SlotRecord | undefined {
  const [first, second] = [0, 1].map((slot) => readSlot(file.subarray(slot * SLOT_BYTES)));
  if (first === undefined || second === undefined) return first ?? second;
  return first.sequence > second.sequence ? first : second;
}

/** What to write where, so that a crash at any byte of it leaves the record before. Throws {@link SlotOverflowError}. */
export function nextWrite(
  before: SlotRecord | undefined,
  text: string,
): { at: number; bytes: Uint8Array<ArrayBuffer>; record: SlotRecord } {
  const record = { sequence: (before?.sequence ?? -1) + 1, text };
  // Slots take turns, so that the newest record is never the one that is written over.
  return { at: (record.sequence % 2) * SLOT_BYTES, bytes: encodeSlot(record), record };
}

function encodeSlot({ sequence, text }: SlotRecord): Uint8Array<ArrayBuffer> {
  const payload = new TextEncoder().encode(text);
  const length = HEADER_BYTES + payload.length;
  if (length > SLOT_BYTES)
    throw new SlotOverflowError(`A record of ${length} bytes does not fit into ${SLOT_BYTES}.`);
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(8, sequence);
  view.setUint32(12, payload.length);
  bytes.set(payload, HEADER_BYTES);
  view.setUint32(4, crc32(bytes.subarray(8)));
  return bytes;
}

function readSlot(bytes: Uint8Array): SlotRecord | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = HEADER_BYTES + view.getUint32(12);
  if (view.getUint32(0) !== MAGIC || end > Math.min(bytes.length, SLOT_BYTES)) return undefined;
  if (view.getUint32(4) !== crc32(bytes.subarray(8, end))) return undefined;
  return {
    sequence: view.getUint32(8),
    text: new TextDecoder().decode(bytes.subarray(HEADER_BYTES, end)),
  };
}

/** CRC-32 as in ISO-HDLC: what detects a write that was torn. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
