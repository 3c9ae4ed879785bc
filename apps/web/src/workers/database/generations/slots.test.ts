import { expect, test } from 'vitest';
import { crc32, newestRecord, nextWrite, SLOT_BYTES, type SlotRecord } from './slots.ts';

test('the checksum is the CRC-32 that everybody knows', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
});

test('a write torn at any byte leaves the record before it', () => {
  let file = new Uint8Array();
  let before: SlotRecord | undefined;
  for (const text of ['first', 'second, which is longer', 'third', '']) {
    const { at, bytes, record } = nextWrite(before, text);
    for (let kept = 0; kept < bytes.length; kept += 1) {
      const torn = written(file, at, bytes.subarray(0, kept));
      // A byte that is the same before and after may complete the record early: then it is the new one.
      expect([before?.text, text]).toContain(newestRecord(torn)?.text);
      if (kept < 16) expect(newestRecord(torn)).toEqual(before);
    }
    file = written(file, at, bytes);
    expect(newestRecord(file)).toEqual(record);
    before = record;
  }
});

test('a record in which any bit has turned is none', () => {
  const { bytes } = nextWrite(undefined, 'a record');
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const damaged = bytes.slice();
    damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    expect(newestRecord(damaged)).toBeUndefined();
  }
});

test('a record that is too large is refused before anything is written', () => {
  expect(() => nextWrite(undefined, 'x'.repeat(SLOT_BYTES))).toThrow('does not fit');
});

function written(file: Uint8Array, at: number, bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const result = new Uint8Array(Math.max(file.length, at + bytes.length));
  result.set(file);
  result.set(bytes, at);
  return result;
}
