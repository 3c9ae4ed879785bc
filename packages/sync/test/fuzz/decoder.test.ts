import { decodeDownstream, decodeUpstream, encodeFrame } from '@octavo/protocol/frame.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import type { Message } from '@octavo/protocol/messages.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { type ByteMutation, damaged, EDGES } from './byte-mutation.ts';
import { type RecordedFrames, recordFrames } from './recorded-frames.ts';

const at = fc.oneof(fc.nat(64), fc.nat());
const bytes = fc.uint8Array({ minLength: 1, maxLength: 20 });

function mutation(frames: readonly Uint8Array[]): fc.Arbitrary<ByteMutation> {
  return fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), at, bit: fc.nat(7) }),
    fc.record({ kind: fc.constant('set' as const), at, byte: fc.nat(255) }),
    fc.record({ kind: fc.constant('cut' as const), at }),
    fc.record({ kind: fc.constant('insert' as const), at, bytes }),
    fc.record({ kind: fc.constant('remove' as const), at, count: fc.integer({ min: 1, max: 20 }) }),
    fc.record({ kind: fc.constant('repeat' as const), at, count: fc.nat(64), times: fc.nat(50) }),
    fc.record({ kind: fc.constant('number' as const), at, number: fc.constantFrom(...EDGES) }),
    fc.record({ kind: fc.constant('endless' as const), at, bytes: fc.integer({ min: 8, max: 16 }) }),
    fc.record({
      kind: fc.constant('splice' as const),
      at,
      other: fc.constantFrom(...frames),
      from: fc.nat(),
    }),
  );
}

let recorded: RecordedFrames;
beforeAll(async () => {
  recorded = await recordFrames(1);
});

describe.each([
  ['upstream', decodeUpstream],
  ['downstream', decodeDownstream],
] as const)('a real %s frame that was damaged', (direction, decode) => {
  test('is refused with a typed error, or is a message as good as any', () => {
    const frames = recorded[direction];
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(mutation(frames), { minLength: 1, maxLength: 4 }),
        (frame, mutations) => {
          const broken = mutations.reduce<Uint8Array>(damaged, frame);
          const message = decodedOrRefused(decode, broken);
          // What a decoder lets in, the encoder can say and the decoder reads again as the same.
          if (message !== undefined) expect(decode(encodeFrame(message)), toHex(broken)).toEqual(message);
        },
      ),
      { numRuns: 4_000 },
    );
  });
});

function decodedOrRefused(decode: (frame: Uint8Array) => Message, frame: Uint8Array): Message | undefined {
  try {
    return decode(frame);
  } catch (error) {
    expect(error, toHex(frame)).toBeInstanceOf(ProtocolError);
    return undefined;
  }
}
