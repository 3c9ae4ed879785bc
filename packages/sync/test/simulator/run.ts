import { SeededRandom } from '../world/virtual-time.ts';
import { type Action, makeActions } from './actions.ts';
import { Coverage } from './coverage.ts';
import { Simulation } from './simulation.ts';
import { Violation } from './violation.ts';

const ACTIONS = 80;

export interface Failure {
  seed: number;
  message: string;
  /** The shortest list of actions found that still fails. */
  actions: readonly Action[];
  trace: string[];
}

export function actionsOf(seed: number): Action[] {
  return makeActions(new SeededRandom(seed), ACTIONS);
}

/** Runs one seed. Returns what went wrong, made as short as it gets, or undefined. Adds what happened to `coverage`. */
export async function simulate(seed: number, coverage = new Coverage()): Promise<Failure | undefined> {
  const actions = actionsOf(seed);
  const first = await attempt(seed, actions, coverage);
  return first === undefined ? undefined : shrink(seed, actions, first);
}

interface Attempt {
  message: string;
  trace: string[];
}

async function attempt(
  seed: number,
  actions: readonly Action[],
  coverage = new Coverage(),
): Promise<Attempt | undefined> {
  const trace: string[] = [];
  const simulation = new Simulation(seed);
  try {
    await simulation.run(actions, (line) => trace.push(line));
    coverage.add(simulation.coverage);
    return undefined;
  } catch (error) {
    const message =
      error instanceof Violation
        ? error.message
        : `The engine threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
    return { message, trace };
  }
}

/** Leaves out ever smaller runs of actions while the rest still fails (delta debugging, Zeller 1999). */
async function shrink(seed: number, actions: readonly Action[], failed: Attempt): Promise<Failure> {
  let shortest = actions;
  let last = failed;
  for (let size = Math.ceil(shortest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let start = 0; start < shortest.length;) {
      const candidate = [...shortest.slice(0, start), ...shortest.slice(start + size)];
      const result = await attempt(seed, candidate);
      if (result === undefined) {
        start += size;
      } else {
        shortest = candidate;
        last = result;
      }
    }
  }
  return { seed, message: last.message, actions: shortest, trace: last.trace };
}
