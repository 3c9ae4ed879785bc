import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Change } from './change.ts';
import { decodeDownstream, decodeHello, decodeUpstream, encodeFrame } from './frame.ts';
import { goldenFrames } from './golden-frames.ts';
import { toHex } from './identity.ts';
import { MAX_FRAME_BYTES, MAX_HELLO_BYTES } from './limits.ts';
import { definitions, isUpstream, type Message } from './messages.ts';
import { ProtocolError } from './protocol-error.ts';
import { PROTOCOL_VERSION } from './version.ts';

function decode(message: Message, frame: Uint8Array): Message {
  return isUpstream(message) ? decodeUpstream(frame) : decodeDownstream(frame);
}

const fromHex = (hex: string): Uint8Array =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe('the wire does not change by accident', () => {
  test('the layouts of all messages are those of this protocol version', () => {
    const layouts = definitions.map(({ name, code, codec }) => `${code} ${name} ${codec.layout}`).join('\n');
    const hash = createHash('sha256').update(layouts).digest('hex').slice(0, 16);
    // A different hash means that older peers misread the messages: raise PROTOCOL_VERSION and add its line of history.
    expect(`${PROTOCOL_VERSION}:${hash}`).toBe('3:6e6ba6b53b8cc7c8');
  });

  test.each(goldenFrames.map(({ message, hex }) => [message.type, message, hex] as const))(
    '%s has its golden bytes',
    (_, message, hex) => {
      expect(toHex(encodeFrame(message))).toBe(hex);
      expect(decode(message, fromHex(hex))).toEqual(message);
    },
  );
});

const id = fc.uint8Array({ minLength: 16, maxLength: 16 });
const change: fc.Arbitrary<Change> = fc.record({
  table: fc.constantFrom('book', 'note', 'note_line'),
  key: fc.uint8Array({ maxLength: 20 }),
  column: fc.constantFrom('-1', 'title', 'price', 'quantity'),
  value: fc.oneof(
    fc.constant(null),
    fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n),
    fc.double({ noNaN: true }).map((value) => (value === 0 ? 0 : value)),
    fc.string({ unit: 'binary' }),
    fc.uint8Array(),
  ),
  columnVersion: fc.bigInt(0n, 2n ** 63n),
  siteId: id,
  causalLength: fc.bigInt(0n, 2n ** 63n),
  sequence: fc.nat(),
});

const batch = fc
  .record({
    number: fc.nat(),
    after: fc.bigInt(0n, 2n ** 60n),
    incomplete: fc.boolean(),
    continues: fc.boolean(),
    backfill: fc.boolean(),
    steps: fc.array(fc.record({ by: fc.bigInt(0n, 1000n), changes: fc.array(change, { minLength: 1 }) })),
  })
  .map(({ number, after, incomplete, continues, backfill, steps }): Message => {
    let version = after;
    const transactions = steps.map(({ by, changes }) => {
      version += by;
      return { version, changes };
    });
    const flags = { incomplete, continues, backfill };
    return {
      type: 'batch',
      number,
      after,
      through: version,
      head: version + 1n,
      ...flags,
      epochs: [],
      transactions,
    };
  });

test('every batch survives the round trip', () => {
  fc.assert(
    fc.property(batch, (message) => {
      expect(decode(message, encodeFrame(message))).toEqual(message);
    }),
  );
});

describe('what is not a message is refused with a typed error', () => {
  const expectRefusal = (frame: Uint8Array): void => {
    for (const read of [decodeUpstream, decodeDownstream]) {
      try {
        read(frame);
      } catch (error) {
        expect(error).toBeInstanceOf(ProtocolError);
      }
    }
  };

  test('random bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), expectRefusal), { numRuns: 2_000 });
  });

  test('real frames with a few bytes changed or cut off', () => {
    const frames = goldenFrames.map(({ message }) => encodeFrame(message));
    fc.assert(
      fc.property(
        fc.constantFrom(...frames),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 4 }),
        fc.nat(400),
        (frame, edits, cut) => {
          const mutated = frame.slice(0, Math.max(1, frame.length - (cut % frame.length)));
          for (const [at, byte] of edits) mutated[at % mutated.length] = byte;
          expectRefusal(mutated);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test.each([
    ['an empty frame', new Uint8Array()],
    ['an unknown message', Uint8Array.of(99)],
    ['an oversized frame', new Uint8Array(MAX_FRAME_BYTES + 1)],
    ['a message followed by more', Uint8Array.of(6, 1, 0)],
  ])('%s', (_, frame) => {
    expect(() => decodeUpstream(frame)).toThrow(ProtocolError);
  });

  test('a message of the other direction', () => {
    expect(() =>
      decodeUpstream(encodeFrame({ type: 'pong', nonce: 1, head: 0n, acknowledged: 0n, attention: 0 })),
    ).toThrow(/does not send/);
    expect(() => decodeDownstream(encodeFrame({ type: 'ping', nonce: 1 }))).toThrow(/does not send/);
  });
});

describe('the first frame of a client', () => {
  test('is a hello', () => {
    const hello = goldenFrames.map(({ message }) => message).find(({ type }) => type === 'hello');
    if (hello !== undefined) expect(decodeHello(encodeFrame(hello))).toEqual(hello);
    expect(() => decodeHello(encodeFrame({ type: 'ping', nonce: 1 }))).toThrow(/before the hello/);
  });

  test('is small, and nothing is inflated for it', () => {
    expect(() => decodeHello(new Uint8Array(MAX_HELLO_BYTES + 1))).toThrow(/over the limit/);
    expect(() => decodeHello(Uint8Array.of(10, 0x80, 0x80, 0x80, 2, 1, 2, 3))).toThrow(/no known message/);
  });
});
