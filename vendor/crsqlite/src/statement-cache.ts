import type { SharedStatement } from './statement.ts';

/** Compiled statements kept for reuse; an application's own hundred or so, not every text ever seen. */
const MOST_COMPILED = 256;

/**
 * The compiled statements of a connection. Beyond the limit those not used lately are finalised; a statement object that somebody
 * still holds then compiles itself again when it is used.
 */
export class StatementCache {
  readonly #byText = new Map<string, SharedStatement>();
  /** In the order in which they come up for eviction. */
  readonly #compiled = new Set<SharedStatement>();

  /** The statement of this text, unless it is in use. */
  find(sql: string): SharedStatement | undefined {
    const found = this.#byText.get(sql);
    return found === undefined || found.inUse ? undefined : found;
  }

  /** To be called for each statement that has been compiled. */
  add(statement: SharedStatement): void {
    this.#byText.set(statement.sql, statement);
    this.#compiled.add(statement);
    if (this.#compiled.size > MOST_COMPILED) this.#evict(statement);
  }

  /** Finalises everything. */
  clear(): void {
    for (const statement of this.#compiled) statement.finalize();
    this.#compiled.clear();
    this.#byText.clear();
  }

  #evict(newest: SharedStatement): void {
    // Second chance: one round at most clears every mark, the next finds one.
    for (let seen = this.#compiled.size * 2; seen > 0; seen -= 1) {
      const [oldest] = this.#compiled;
      if (oldest === undefined) return;
      this.#compiled.delete(oldest);
      if (oldest === newest || oldest.inUse || oldest.takeUsed()) {
        this.#compiled.add(oldest);
        continue;
      }
      if (this.#byText.get(oldest.sql) === oldest) this.#byText.delete(oldest.sql);
      oldest.finalize();
      return;
    }
  }
}
