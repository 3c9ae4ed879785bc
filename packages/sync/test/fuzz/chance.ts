import type { SeededRandom } from '../world/virtual-time.ts';
import { type ByteMutation, EDGES } from './byte-mutation.ts';

/** A whole number from 0 to below the limit. */
export function integer(random: SeededRandom, limit: number): number {
  return Math.floor(random.fraction() * limit);
}

export function pick<T>(random: SeededRandom, from: readonly T[]): T | undefined {
  return from[integer(random, from.length)];
}

export function bytesOf(random: SeededRandom, length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, () => integer(random, 256));
}

const KINDS = ['flip', 'set', 'cut', 'insert', 'remove', 'repeat', 'number', 'endless', 'splice'] as const;

/** Any damage; `others` are the frames that one can be joined with. */
export function anyDamage(random: SeededRandom, others: readonly Uint8Array[]): ByteMutation {
  // Most of what a decoder decides stands near the beginning.
  const at = integer(random, random.fraction() < 0.5 ? 64 : 2 ** 20);
  switch (pick(random, KINDS) ?? 'flip') {
    case 'flip':
      return { kind: 'flip', at, bit: integer(random, 8) };
    case 'set':
      return { kind: 'set', at, byte: integer(random, 256) };
    case 'cut':
      return { kind: 'cut', at };
    case 'insert':
      return { kind: 'insert', at, bytes: bytesOf(random, 1 + integer(random, 20)) };
    case 'remove':
      return { kind: 'remove', at, count: 1 + integer(random, 20) };
    case 'repeat':
      return { kind: 'repeat', at, count: 1 + integer(random, 64), times: 1 + integer(random, 50) };
    case 'number':
      return { kind: 'number', at, number: pick(random, EDGES) ?? 0n };
    case 'endless':
      return { kind: 'endless', at, bytes: 8 + integer(random, 8) };
    case 'splice':
      return {
        kind: 'splice',
        at,
        other: pick(random, others) ?? new Uint8Array(),
        from: integer(random, 2 ** 20),
      };
  }
}
