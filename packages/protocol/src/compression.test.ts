import { deflateSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { deflate, inflate, isFairClaim } from './compression.ts';
import { decodeUpstream, encodeFrame } from './frame.ts';
import { toHex } from './identity.ts';
import { COMPRESSION_THRESHOLD_BYTES, MAX_FRAME_BYTES } from './limits.ts';
import type { Message } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';

test('what is deflated is inflated to the same bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 5_000 }), (bytes) => {
      fc.pre(isFairClaim(bytes.length, deflate(bytes).length));
      expect(toHex(inflate(deflate(bytes), bytes.length))).toBe(toHex(bytes));
    }),
  );
});

const titles: Message = {
  type: 'batch',
  number: 1,
  after: 0n,
  through: 1n,
  head: 1n,
  incomplete: false,
  continues: false,
  backfill: false,
  epochs: [],
  transactions: [
    {
      version: 1n,
      changes: Array.from({ length: 200 }, (_, sequence) => ({
        table: 'book',
        key: Uint8Array.of(1, 0x0b, 1, sequence),
        column: 'title',
        value: `A book with a long title, number ${sequence}`,
        columnVersion: 1n,
        siteId: new Uint8Array(16),
        causalLength: 1n,
        sequence,
      })),
    },
  ],
};

test('a batch is the same after compression, and smaller', () => {
  const compressed = encodeFrame(titles, 'deflate');
  expect(decodeUpstream(compressed)).toEqual(titles);
  expect(compressed.length).toBeLessThan(encodeFrame(titles).length / 2);
});

test('a batch that is almost nothing when compressed is sent as it is', () => {
  const [transaction] = titles.transactions;
  const changes = transaction?.changes.map((change) => ({ ...change, value: ' '.repeat(2_000) })) ?? [];
  const blank: Message = { ...titles, transactions: [{ version: 1n, changes }] };
  expect(encodeFrame(blank, 'deflate')).toEqual(encodeFrame(blank));
});

test('a small frame is sent as it is', () => {
  const ping: Message = { type: 'ping', nonce: 1 };
  expect(encodeFrame(ping, 'deflate')).toEqual(encodeFrame(ping));
});

describe('a compressed frame that lies is refused', () => {
  const frame = (length: number, bytes: Uint8Array): Uint8Array => {
    const claimed = Uint8Array.of((length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14);
    return Uint8Array.of(10, ...claimed, ...bytes);
  };
  const bomb = deflateSync(new Uint8Array(64 * 1024 * 1024), { level: 9 });

  test.each([
    ['a bomb that admits its size', () => inflate(bomb, 64 * 1024 * 1024)],
    ['a bomb that claims to be small', () => inflate(bomb, 100)],
    ['little that claims to be much', () => inflate(deflate(new Uint8Array(1_000_000)), 1_000_000)],
    ['a bomb in a frame', () => decodeUpstream(frame(2_000, bomb))],
    ['an end that is missing', () => inflate(deflate(new Uint8Array(3_000)).subarray(0, 5), 3_000)],
    ['fewer bytes than said', () => inflate(deflate(new Uint8Array(10)), 11)],
    [
      'a compressed frame in a compressed frame',
      () => decodeUpstream(frame(5_000, deflate(encodeFrame(titles, 'deflate')))),
    ],
    [
      'a size below the threshold',
      () =>
        decodeUpstream(
          frame(COMPRESSION_THRESHOLD_BYTES - 1, deflate(new Uint8Array(COMPRESSION_THRESHOLD_BYTES - 1))),
        ),
    ],
    ['no bytes at all', () => inflate(new Uint8Array(), 10)],
  ])('%s', (_, read) => {
    expect(read).toThrow(ProtocolError);
  });

  test('whatever the bytes are', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(MAX_FRAME_BYTES), (bytes, length) => {
        try {
          inflate(bytes, length);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
