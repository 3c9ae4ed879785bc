import { describe, expect, test } from 'vitest';
import { elapsed, Heartbeat, type Instant, PROOF_LIFETIME_MS, SILENCE_LIMIT_MS } from './heartbeat.ts';

/** A moment at which both clocks agree. */
const at = (ms: number): Instant => ({ wall: 1_000_000 + ms, monotonic: ms });

describe('[LT-1] a proof', () => {
  test('dates from when the ping was sent, not from its answer', () => {
    const heartbeat = new Heartbeat(at(0));
    const nonce = heartbeat.ping(at(0), 5n);
    heartbeat.onPong({ nonce, head: 9n, acknowledged: 5n, attention: 0 });
    heartbeat.applied(9n);
    expect(heartbeat.proof(at(800))).toEqual(at(0));
  });

  test('needs everything written before the ping to be acknowledged', () => {
    const heartbeat = new Heartbeat(at(0));
    const nonce = heartbeat.ping(at(0), 6n);
    heartbeat.onPong({ nonce, head: 0n, acknowledged: 5n, attention: 0 });
    heartbeat.applied(100n);
    expect(heartbeat.proof(at(1))).toBeUndefined();
  });

  test("waits for the answer's head to be applied here", () => {
    const heartbeat = new Heartbeat(at(0));
    const nonce = heartbeat.ping(at(0), 0n);
    heartbeat.onPong({ nonce, head: 9n, acknowledged: 0n, attention: 0 });
    heartbeat.applied(8n);
    expect(heartbeat.proof(at(1))).toBeUndefined();
    heartbeat.applied(9n);
    expect(heartbeat.proof(at(2))).toEqual(at(0));
  });

  test('[LT-4] stays recent under steady writing by others: it is about a recent head, not the latest', () => {
    const heartbeat = new Heartbeat(at(0));
    for (let second = 0; second < 10; second += 1) {
      const nonce = heartbeat.ping(at(second * 1_000), 0n);
      // The server is always two versions ahead of what is applied when its answer comes.
      heartbeat.applied(BigInt(second));
      heartbeat.onPong({ nonce, head: BigInt(second + 2), acknowledged: 0n, attention: 0 });
      heartbeat.applied(BigInt(second));
    }
    expect(heartbeat.proof(at(9_000))).toEqual(at(7_000));
  });

  test('is not won by an answer to a ping that was never sent, nor twice by one', () => {
    const heartbeat = new Heartbeat(at(0));
    heartbeat.onPong({ nonce: 7, head: 0n, acknowledged: 99n, attention: 0 });
    heartbeat.applied(99n);
    expect(heartbeat.proof(at(1))).toBeUndefined();
  });

  test('held back by a proxy counts from its ping, so a late answer proves nothing', () => {
    const heartbeat = new Heartbeat(at(0));
    const nonce = heartbeat.ping(at(0), 0n);
    heartbeat.onPong({ nonce, head: 0n, acknowledged: 0n, attention: 0 });
    heartbeat.applied(0n);
    expect(heartbeat.proof(at(PROOF_LIFETIME_MS + 1))).toBeUndefined();
  });
});

describe('[LT-2] the age of a proof', () => {
  test.each<[string, Instant, Instant, number | undefined]>([
    ['is the larger of the two clocks', { wall: 0, monotonic: 0 }, { wall: 900, monotonic: 500 }, 900],
    [
      'is unknown when the machine slept',
      { wall: 0, monotonic: 0 },
      { wall: 60_000, monotonic: 100 },
      undefined,
    ],
    [
      'is unknown when the wall clock was set back',
      { wall: 60_000, monotonic: 0 },
      { wall: 0, monotonic: 100 },
      undefined,
    ],
    [
      'is unknown when the monotonic clock restarts',
      { wall: 0, monotonic: 900 },
      { wall: 100, monotonic: 0 },
      undefined,
    ],
  ])('%s', (_, from, to, expected) => {
    expect(elapsed(from, to)).toBe(expected);
  });

  test('a clock jump asks for a new ping at once', () => {
    const heartbeat = new Heartbeat(at(0));
    heartbeat.ping(at(0), 0n);
    expect(heartbeat.due(at(100))).toBe(false);
    expect(heartbeat.due({ wall: 1_000_000 + 3_600_000, monotonic: 100 })).toBe(true);
  });
});

describe('silence', () => {
  test('is an unanswered ping with nothing else heard', () => {
    const heartbeat = new Heartbeat(at(0));
    heartbeat.ping(at(0), 0n);
    expect(heartbeat.silent(at(SILENCE_LIMIT_MS - 1))).toBe(false);
    expect(heartbeat.silent(at(SILENCE_LIMIT_MS))).toBe(true);
  });

  test('is broken by any frame', () => {
    const heartbeat = new Heartbeat(at(0));
    heartbeat.ping(at(0), 0n);
    heartbeat.heard(at(4_000));
    expect(heartbeat.silent(at(SILENCE_LIMIT_MS))).toBe(false);
    expect(heartbeat.silent(at(4_000 + SILENCE_LIMIT_MS))).toBe(true);
  });

  test('does not count while nothing was asked', () => {
    const heartbeat = new Heartbeat(at(0));
    expect(heartbeat.silent(at(60_000))).toBe(false);
  });
});
