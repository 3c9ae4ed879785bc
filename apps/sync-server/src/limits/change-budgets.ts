import { ChangeBudget } from './change-budget.ts';

/** So many are kept before those that are as good as new are forgotten. */
const KEPT = 1_000;

/** A budget of changes for everybody, under a name that a new connection does not change. */
export class ChangeBudgets {
  readonly #perSecond: number;
  readonly #now: () => number;
  readonly #known = new Map<string, ChangeBudget>();

  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** How many are kept. */
  get size(): number {
    return this.#known.size;
  }

  of(name: string): ChangeBudget {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    if (this.#known.size >= KEPT) this.#forgetUnused();
    const budget = new ChangeBudget(this.#perSecond, this.#now);
    this.#known.set(name, budget);
    return budget;
  }

  #forgetUnused(): void {
    for (const [name, budget] of this.#known) if (budget.isWhole) this.#known.delete(name);
  }
}
