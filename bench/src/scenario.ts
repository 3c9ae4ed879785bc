import type { Measure } from './measure.ts';

/** What one run of a scenario measured, by name. */
export type Measures = Record<string, Measure>;

/** What the command line says about every run. */
export interface RunOptions {
  /** A stock list (CSV) to measure with instead of a made-up one. */
  stockList: string | undefined;
  /** How often a server is killed. */
  kills: number;
}

/** Something worth a number: a thing that a bookseller waits for, or that an operator pays for. */
export interface Scenario {
  readonly name: string;
  /** Whether it needs the built app and a browser. */
  readonly browser: boolean;
  /** It takes minutes, or much of the machine, and runs only when it is named. */
  readonly onRequest?: true;
  /**
   * Does it once, from scratch, and returns what it measured. What came out is checked as well: a fast wrong answer is
   * thrown as a {@link WrongResult}.
   */
  run(options: RunOptions): Promise<Measures>;
}

/** The scenario ended, but not with what it should have. */
export class WrongResult extends Error {
  override readonly name = 'WrongResult';
}

/** Compares what came out with what should have. @throws WrongResult */
export function check(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  throw new WrongResult(`${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}.`);
}
