import { ByteWriter } from '@octavo/protocol/bytes.ts';

/** One way of damaging a frame. Places are taken modulo the frame's length, so that any number is one. */
export type ByteMutation =
  | { kind: 'flip'; at: number; bit: number }
  | { kind: 'set'; at: number; byte: number }
  | { kind: 'cut'; at: number }
  | { kind: 'insert'; at: number; bytes: Uint8Array }
  | { kind: 'remove'; at: number; count: number }
  | { kind: 'repeat'; at: number; count: number; times: number }
  /** Writes a whole number over what is there: a length, a count, a version. */
  | { kind: 'number'; at: number; number: bigint }
  /** An integer that never ends. */
  | { kind: 'endless'; at: number; bytes: number }
  /** Goes on with another frame's end. */
  | { kind: 'splice'; at: number; other: Uint8Array; from: number };

/** Where an encoding of integers, or a limit of the protocol, is most likely to be wrong. */
export const EDGES: readonly bigint[] = [
  0n,
  1n,
  2n,
  127n,
  128n,
  255n,
  16_383n,
  16_384n,
  2n ** 21n,
  2n ** 22n + 1n,
  2n ** 31n - 1n,
  2n ** 31n,
  2n ** 32n,
  2n ** 49n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 62n - 1n,
  2n ** 62n,
  2n ** 63n - 1n,
  2n ** 63n,
  2n ** 64n - 1n,
];

/** A damaged copy of a frame. */
export function damaged(frame: Uint8Array, mutation: ByteMutation): Uint8Array<ArrayBuffer> {
  const at = frame.length === 0 ? 0 : mutation.at % frame.length;
  const [before, after] = [frame.subarray(0, at), frame.subarray(at)];
  switch (mutation.kind) {
    case 'flip':
      return joined(before, Uint8Array.of((after[0] ?? 0) ^ (1 << (mutation.bit % 8))), after.subarray(1));
    case 'set':
      return joined(before, Uint8Array.of(mutation.byte), after.subarray(1));
    case 'cut':
      return joined(before);
    case 'insert':
      return joined(before, mutation.bytes, after);
    case 'remove':
      return joined(before, after.subarray(mutation.count));
    case 'repeat': {
      const piece = after.subarray(0, mutation.count);
      return joined(before, ...Array.from({ length: mutation.times }, () => piece), after);
    }
    case 'number': {
      const writer = new ByteWriter();
      writer.varint(mutation.number);
      return joined(before, writer.finish(), after.subarray(numberLength(after)));
    }
    case 'endless':
      return joined(before, new Uint8Array(mutation.bytes).fill(0x80), after);
    case 'splice': {
      const { other, from } = mutation;
      return joined(before, other.subarray(other.length === 0 ? 0 : from % other.length));
    }
  }
}

/** Puts other bytes of the same length wherever some stand in a frame. */
export function replaced(frame: Uint8Array, what: Uint8Array, by: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(frame);
  for (let at = 0; at + what.length <= copy.length; at += 1) {
    if (what.every((byte, index) => copy[at + index] === byte)) copy.set(by, at);
  }
  return copy;
}

function numberLength(bytes: Uint8Array): number {
  const last = bytes.findIndex((byte) => byte < 0x80);
  return last + 1;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
