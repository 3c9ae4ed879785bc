import { ProtocolError } from './protocol-error.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The largest varint: 64 bits. */
const VARINT_MAX_BYTES = 10;
const MAX_UINT64 = 0xffff_ffff_ffff_ffffn;

/** Grows as it is written to. Little-endian throughout; integers are LEB128 varints. */
export class ByteWriter {
  #bytes: Uint8Array<ArrayBuffer>;
  #view: DataView;
  #length = 0;

  constructor(initialBytes = 256) {
    this.#bytes = new Uint8Array(initialBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  byte(value: number): void {
    this.#reserve(1);
    this.#bytes[this.#length++] = value;
  }

  /** An unsigned integer up to 2^53 - 1. */
  uint(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`Not an unsigned integer: ${value}`);
    this.#reserve(VARINT_MAX_BYTES);
    while (value > 0x7f) {
      this.#bytes[this.#length++] = (value % 0x80) | 0x80;
      value = Math.floor(value / 0x80);
    }
    this.#bytes[this.#length++] = value;
  }

  /** An unsigned integer of up to 64 bits. */
  varint(value: bigint): void {
    if (value >= 0n && value <= 0x1f_ffff_ffff_ffffn) {
      this.uint(Number(value));
      return;
    }
    if (value < 0n || value > MAX_UINT64) throw new RangeError(`Not an unsigned 64-bit integer: ${value}`);
    this.#reserve(VARINT_MAX_BYTES);
    while (value > 0x7fn) {
      this.#bytes[this.#length++] = Number(value & 0x7fn) | 0x80;
      value >>= 7n;
    }
    this.#bytes[this.#length++] = Number(value);
  }

  /** A signed 64-bit integer, zigzag-encoded so that small magnitudes are short. */
  zigzag(value: bigint): void {
    this.varint(BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)));
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  /** Bytes without a length: the reader must know how many. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
  }

  /** A length and as many bytes. */
  blob(value: Uint8Array): void {
    this.uint(value.length);
    this.raw(value);
  }

  /** UTF-8, preceded by its length in bytes. */
  text(value: string): void {
    // Three bytes is the most that one UTF-16 unit takes.
    this.#reserve(VARINT_MAX_BYTES + value.length * 3);
    const { written } = encoder.encodeInto(value, this.#bytes.subarray(this.#length + VARINT_MAX_BYTES));
    const start = this.#length + VARINT_MAX_BYTES;
    this.uint(written);
    this.#bytes.copyWithin(this.#length, start, start + written);
    this.#length += written;
  }

  /** A copy of what was written. */
  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#length);
  }

  #reserve(bytes: number): void {
    if (this.#length + bytes <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + bytes));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** Reads what a {@link ByteWriter} wrote. Every method throws a {@link ProtocolError} where the bytes are not what they should be. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** Bytes not yet read. A list can hold no more items than this, which bounds what a length may claim. */
  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  byte(): number {
    const value = this.#bytes[this.#position];
    if (value === undefined) throw new ProtocolError('malformed', 'The frame ends in the middle of a value.');
    this.#position += 1;
    return value;
  }

  uint(): number {
    const value = this.varint();
    if (typeof value === 'bigint' && value > 0x1f_ffff_ffff_ffffn)
      throw new ProtocolError('malformed', 'An integer is beyond 2^53.');
    return Number(value);
  }

  varint(): bigint {
    // Seven bytes fit a double exactly; only longer ones pay for bigint arithmetic.
    let small = 0;
    let factor = 1;
    for (let index = 0; index < 7; index += 1) {
      const byte = this.byte();
      small += (byte & 0x7f) * factor;
      if (byte < 0x80) return BigInt(small);
      factor *= 0x80;
    }
    let value = BigInt(small);
    for (let shift = 49n; shift <= 63n; shift += 7n) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        if (value > MAX_UINT64) break;
        return value;
      }
    }
    throw new ProtocolError('malformed', 'An integer is longer than 64 bits.');
  }

  zigzag(): bigint {
    const value = this.varint();
    return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
  }

  double(): number {
    if (this.remaining < 8) throw new ProtocolError('malformed', 'The frame ends in the middle of a number.');
    const value = this.#view.getFloat64(this.#position, true);
    this.#position += 8;
    return value;
  }

  /** A copy, so that a small value does not keep a large frame alive. */
  raw(length: number): Uint8Array<ArrayBuffer> {
    if (length > this.remaining)
      throw new ProtocolError('malformed', 'A length points beyond the end of the frame.');
    const value = new Uint8Array(this.#bytes.subarray(this.#position, this.#position + length));
    this.#position += length;
    return value;
  }

  blob(maxBytes: number): Uint8Array<ArrayBuffer> {
    return this.raw(this.#length(maxBytes));
  }

  text(maxBytes: number): string {
    const length = this.#length(maxBytes);
    if (length > this.remaining)
      throw new ProtocolError('malformed', 'A length points beyond the end of the frame.');
    const bytes = this.#bytes.subarray(this.#position, this.#position + length);
    this.#position += length;
    try {
      return decoder.decode(bytes);
    } catch (cause) {
      throw new ProtocolError('malformed', 'A text is not valid UTF-8.', { cause });
    }
  }

  /** The number of items of a list, checked against what the frame can still hold. */
  count(max: number): number {
    const count = this.uint();
    if (count > max || count > this.remaining)
      throw new ProtocolError('malformed', `A list claims ${count} items.`);
    return count;
  }

  /** Throws unless the whole frame was read: trailing bytes mean that the two sides disagree about the layout. */
  end(): void {
    if (this.remaining > 0)
      throw new ProtocolError('malformed', `${this.remaining} bytes follow the message.`);
  }

  #length(max: number): number {
    const length = this.uint();
    if (length > max)
      throw new ProtocolError('too-large', `A value of ${length} bytes is over the limit of ${max}.`);
    return length;
  }
}
