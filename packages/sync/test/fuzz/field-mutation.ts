import { encodeFrame } from '@octavo/protocol/frame.ts';
import type { Message } from '@octavo/protocol/messages.ts';
import type { SeededRandom } from '../world/virtual-time.ts';
import { EDGES } from './byte-mutation.ts';
import { bytesOf, integer, pick } from './chance.ts';

/** A field, or an item of a list, somewhere in a message. */
interface Place {
  owner: object;
  name: string;
  value: unknown;
}

const TEXTS = [
  '',
  '\0',
  'book',
  'octavo_peer',
  'crsql_site_id',
  '-1',
  '"; --',
  'é',
  '\u{1f4d6}',
  'x'.repeat(300),
];

/**
 * A frame that says something else than a real one at one place: well formed, and wrong in what it means. Undefined
 * where the encoder refuses to write it.
 */
export function lying(message: Message, random: SeededRandom): Uint8Array | undefined {
  const copy = structuredClone(message);
  const places = placesIn(copy).filter(({ owner, name }) => owner !== copy || name !== 'type');
  const place = pick(random, places);
  if (place === undefined) return undefined;
  change(place, random);
  try {
    return encodeFrame(copy);
  } catch (error) {
    // A site id of another length, or a version below the one before: there is no such frame.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function placesIn(owner: object): Place[] {
  return Object.entries(owner).flatMap(([name, value]: [string, unknown]) => {
    const inside = typeof value === 'object' && value !== null && !isBytes(value) ? placesIn(value) : [];
    return [{ owner, name, value }, ...inside];
  });
}

function change({ owner, name, value }: Place, random: SeededRandom): void {
  if (Array.isArray(owner) && random.fraction() < 0.5) shuffle(owner, Number(name), random);
  else Reflect.set(owner, name, changed(name, value, random));
}

/** Leaves an item out, says it twice, or in another place. */
function shuffle(list: unknown[], index: number, random: SeededRandom): void {
  const [item] = list.splice(index, 1);
  for (let copies = integer(random, 3); copies > 0; copies -= 1)
    list.splice(integer(random, list.length + 1), 0, structuredClone(item));
}

function changed(name: string, value: unknown, random: SeededRandom): unknown {
  // A cell's value may be of any kind; every other field keeps its own, or it could not be written.
  if (name === 'value') return anyValue(random);
  switch (typeof value) {
    case 'bigint':
      return random.fraction() < 0.5 ? edge(random) : value + BigInt(integer(random, 7) - 3);
    case 'number':
      return random.fraction() < 0.5 ? Number(edge(random)) : value + integer(random, 7) - 3;
    case 'string':
      return pick(random, TEXTS);
    case 'boolean':
      return !value;
    case 'undefined':
      return optional(name, random);
    default:
      if (isBytes(value)) return otherBytes(value, random);
      return Array.isArray(value) ? [] : value;
  }
}

/** What stands in a field that may be absent. */
function optional(name: string, random: SeededRandom): unknown {
  switch (name) {
    case 'token':
      return pick(random, TEXTS);
    case 'offer':
      return { id: bytesOf(random, 16), from: edge(random), through: edge(random) };
    case 'staged':
      return { epoch: bytesOf(random, 16), version: edge(random), sequence: Number(edge(random)) };
    case 'backfill':
      return { since: Number(edge(random)), through: edge(random) };
    case 'compression':
      return 'deflate';
    default:
      return bytesOf(random, 16);
  }
}

function anyValue(random: SeededRandom): unknown {
  switch (integer(random, 5)) {
    case 0:
      return null;
    case 1:
      return BigInt.asIntN(64, edge(random));
    case 2:
      return pick(random, [0.5, -1e300, Infinity, -Infinity, 5e-324, Number(edge(random))]);
    case 3:
      return pick(random, TEXTS);
    default:
      return bytesOf(random, integer(random, 40));
  }
}

function otherBytes(value: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = new Uint8Array(value);
  switch (integer(random, 3)) {
    case 0:
      return bytesOf(random, value.length);
    case 1:
      return copy.subarray(0, integer(random, value.length + 1));
    default:
      copy[integer(random, copy.length)] = integer(random, 256);
      return copy;
  }
}

const edge = (random: SeededRandom): bigint => pick(random, EDGES) ?? 0n;

function isBytes(value: unknown): value is Uint8Array {
  return value instanceof Uint8Array;
}
