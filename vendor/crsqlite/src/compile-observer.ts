import type { Wasm } from './wasm.ts';

const DELETE = 9;
const INSERT = 18;
const TRANSACTION = 22;
const UPDATE = 23;

/** Actions that change the schema, and with it what is known about tables. */
const SCHEMA_ACTIONS: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 26, 29, 30,
]);

/** What the compiler said a statement will do. */
export interface StatementFacts {
  /** It ends the transaction without keeping what it did. */
  readonly rollsBack: boolean;
  readonly changesSchema: boolean;
  /** Tables, lower-case, that it or its triggers insert into or update. */
  readonly writesTo: ReadonlySet<string>;
  /** Tables, lower-case, that it or its triggers delete from. */
  readonly deletesFrom: ReadonlySet<string>;
  /** Some of that is done by triggers, also when the statement itself changes no row. */
  readonly writesThroughTriggers: boolean;
}

interface Observed extends StatementFacts {
  rollsBack: boolean;
  changesSchema: boolean;
  writesThroughTriggers: boolean;
  readonly writesTo: Set<string>;
  readonly deletesFrom: Set<string>;
}

/**
 * Learns from SQLite's authorizer what statements do, which their text would tell only to a parser. It permits everything.
 */
export class CompileObserver {
  readonly #wasm: Wasm;
  #observed: Observed | undefined;
  #actions = 0;
  #schemaActions = 0;

  constructor(wasm: Wasm) {
    this.#wasm = wasm;
    wasm.callbacks.actionCompiled = (action, subject, trigger) => this.#note(action, subject, trigger !== 0);
  }

  /** Grows whenever anything is compiled: while it stands still, no statement can have changed its columns. */
  get actions(): number {
    return this.#actions;
  }

  /** Grows whenever a change of the schema is compiled, also one that cr-sqlite makes on its own. */
  get schemaActions(): number {
    return this.#schemaActions;
  }

  /** To be called when a statement that changes the schema has run: it may have been compiled long before. */
  schemaChanged(): void {
    this.#schemaActions += 1;
  }

  /** Runs `compile` and tells what the statement compiled by it will do. */
  observe<Result>(compile: () => Result): [Result, StatementFacts] {
    const observed: Observed = {
      rollsBack: false,
      changesSchema: false,
      writesThroughTriggers: false,
      writesTo: new Set(),
      deletesFrom: new Set(),
    };
    this.#observed = observed;
    try {
      return [compile(), observed];
    } finally {
      this.#observed = undefined;
    }
  }

  #note(action: number, subject: number, byTrigger: boolean): void {
    this.#actions += 1;
    const changesSchema = SCHEMA_ACTIONS.has(action);
    if (changesSchema) this.#schemaActions += 1;
    const observed = this.#observed;
    if (observed === undefined) return;
    if (changesSchema) observed.changesSchema = true;
    if (action === TRANSACTION) observed.rollsBack = this.#subject(subject) === 'rollback';
    if (action !== INSERT && action !== UPDATE && action !== DELETE) return;
    (action === DELETE ? observed.deletesFrom : observed.writesTo).add(this.#subject(subject));
    observed.writesThroughTriggers ||= byTrigger;
  }

  #subject(address: number): string {
    return this.#wasm.terminatedText(address).toLowerCase();
  }
}
