import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteReader, ByteWriter } from './bytes.ts';
import { ProtocolError } from './protocol-error.ts';

const MAX_UINT64 = 2n ** 64n - 1n;
const MIN_INT64 = -(2n ** 63n);
const MAX_INT64 = 2n ** 63n - 1n;

function written(write: (writer: ByteWriter) => void): ByteReader {
  const writer = new ByteWriter(1);
  write(writer);
  return new ByteReader(writer.finish());
}

test('every unsigned 64-bit integer survives the round trip', () => {
  fc.assert(
    fc.property(
      fc.bigInt(0n, MAX_UINT64),
      (value) => written((writer) => writer.varint(value)).varint() === value,
    ),
  );
});

test('every signed 64-bit integer survives the round trip', () => {
  fc.assert(
    fc.property(
      fc.bigInt(MIN_INT64, MAX_INT64),
      (value) => written((writer) => writer.zigzag(value)).zigzag() === value,
    ),
  );
});

test.each([0n, 127n, 128n, 2n ** 49n - 1n, 2n ** 49n, 2n ** 53n, 2n ** 56n, 2n ** 63n, MAX_UINT64])(
  '%d survives',
  (value) => {
    expect(written((writer) => writer.varint(value)).varint()).toBe(value);
  },
);

test('every text and blob survives the round trip', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.uint8Array(), (text, blob) => {
      const reader = written((writer) => {
        writer.text(text);
        writer.blob(blob);
      });
      expect(reader.text(10_000)).toBe(text);
      expect(reader.blob(10_000)).toEqual(blob);
      reader.end();
    }),
  );
});

test.each<[string, (reader: ByteReader) => unknown, number[]]>([
  [
    'an integer longer than 64 bits',
    (reader) => reader.varint(),
    [255, 255, 255, 255, 255, 255, 255, 255, 255, 127],
  ],
  ['an integer that never ends', (reader) => reader.varint(), Array<number>(11).fill(128)],
  ['a length beyond the frame', (reader) => reader.blob(1_000), [200, 1, 0]],
  ['a length beyond the limit', (reader) => reader.blob(3), [4, 0, 0, 0, 0]],
  ['a text that is not UTF-8', (reader) => reader.text(10), [1, 255]],
  ['a list that claims more than the frame can hold', (reader) => reader.count(1_000_000), [255, 255, 3]],
  ['a number cut short', (reader) => reader.double(), [0, 0, 0]],
  ['trailing bytes', (reader) => reader.end(), [0]],
])('%s is refused', (_, read, bytes) => {
  expect(() => read(new ByteReader(Uint8Array.from(bytes)))).toThrow(ProtocolError);
});
