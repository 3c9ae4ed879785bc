import type { SeededRandom } from '../world/virtual-time.ts';

/**
 * One thing that happens to the world. Actions are plain data made before the run, each with its own random numbers,
 * so that leaving some out does not change the others: a failing run can be made short.
 */
export type Action =
  | { kind: 'write'; client: number; what: Write; salt: number }
  | { kind: 'write-at-server'; what: Write; salt: number }
  | { kind: 'unplug'; client: number }
  | { kind: 'plug'; client: number }
  | { kind: 'silence'; client: number }
  | { kind: 'switch'; client: number; on: boolean }
  | { kind: 'crash-client'; client: number; salt: number }
  /** The power goes in the middle of what the disk does, so many operations from now. */
  | { kind: 'crash-client-within'; client: number; operations: number; salt: number }
  | { kind: 'crash-server'; salt: number }
  | { kind: 'crash-server-within'; operations: number; salt: number }
  | { kind: 'start-server' }
  | { kind: 'backup-server' }
  | { kind: 'restore-server'; which: number }
  | { kind: 'backup-client'; client: number }
  | { kind: 'restore-client'; client: number; which: number }
  | { kind: 'clone-client'; client: number }
  | { kind: 'jump-clock'; client: number; ms: number }
  | { kind: 'jump-server-clock'; ms: number }
  | { kind: 'upgrade-client'; client: number }
  | { kind: 'upgrade-server' }
  /** Another shop answers under the same name, until the server is started again. */
  | { kind: 'rebuild-server' }
  | { kind: 'pass'; ms: number };

export type Write =
  'insert' | 'update' | 'delete' | 'rewrite' | 'scan' | 'pair' | 'many' | 'shelve' | 'no-op' | 'roll-back';

const writes: readonly [Write, weight: number][] = [
  ['insert', 4],
  ['update', 6],
  ['delete', 2],
  ['rewrite', 2],
  ['scan', 3],
  ['pair', 3],
  ['many', 1],
  ['shelve', 3],
  ['no-op', 1],
  ['roll-back', 1],
];

const kinds: readonly [Action['kind'], weight: number][] = [
  ['write', 34],
  ['write-at-server', 4],
  ['unplug', 4],
  ['plug', 6],
  ['silence', 2],
  ['switch', 2],
  ['crash-client', 2],
  ['crash-client-within', 2],
  ['crash-server', 1],
  ['crash-server-within', 2],
  ['start-server', 4],
  ['backup-server', 2],
  ['restore-server', 2],
  ['backup-client', 1],
  ['restore-client', 1],
  ['clone-client', 1],
  ['jump-clock', 1],
  ['jump-server-clock', 0.5],
  ['upgrade-client', 0.7],
  ['upgrade-server', 0.7],
  ['rebuild-server', 0.5],
  ['pass', 31],
];

export function makeActions(random: SeededRandom, count: number): Action[] {
  return Array.from({ length: count }, () => makeAction(random));
}

function makeAction(random: SeededRandom): Action {
  const client = integer(random, 8);
  const salt = integer(random, 2 ** 31);
  const kind = pick(random, kinds);
  switch (kind) {
    case 'write':
      return { kind, client, what: pick(random, writes), salt };
    case 'write-at-server':
      return { kind, what: pick(random, writes), salt };
    case 'unplug':
    case 'plug':
    case 'silence':
    case 'backup-client':
    case 'clone-client':
    case 'upgrade-client':
      return { kind, client };
    case 'switch':
      return { kind, client, on: random.fraction() < 0.7 };
    case 'crash-client':
      return { kind, client, salt };
    case 'crash-client-within':
      return { kind, client, operations: integer(random, 30), salt };
    case 'crash-server':
      return { kind, salt };
    case 'crash-server-within':
      return { kind, operations: integer(random, 60), salt };
    case 'start-server':
    case 'backup-server':
    case 'upgrade-server':
    case 'rebuild-server':
      return { kind };
    case 'restore-server':
      return { kind, which: integer(random, 100) };
    case 'restore-client':
      return { kind, client, which: integer(random, 100) };
    case 'jump-clock':
      return { kind, client, ms: (random.fraction() - 0.5) * 7_200_000 };
    case 'jump-server-clock':
      return { kind, ms: (random.fraction() - 0.5) * 7_200_000 };
    case 'pass':
      // Mostly moments in which frames are on their way, sometimes seconds in which patience ends.
      return { kind, ms: random.fraction() < 0.8 ? random.fraction() * 60 : random.fraction() * 8_000 };
  }
}

export function integer(random: SeededRandom, below: number): number {
  return Math.floor(random.fraction() * below);
}

function pick<T>(random: SeededRandom, weighted: readonly [T, number][]): T {
  let left = random.fraction() * weighted.reduce((sum, [, weight]) => sum + weight, 0);
  for (const [value, weight] of weighted) {
    left -= weight;
    if (left < 0) return value;
  }
  throw new Error('Nothing to pick from.');
}
