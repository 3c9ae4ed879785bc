/** What one run of a scenario measured, by name, in milliseconds. */
export type Measures = Record<string, number>;

/** Something a bookseller waits for. */
export interface Scenario {
  readonly name: string;
  /**
   * Does it once, from scratch, and returns how long it took. What came out is checked as well: a fast wrong answer is
   * thrown as a {@link WrongResult}.
   */
  run(): Promise<Measures>;
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
