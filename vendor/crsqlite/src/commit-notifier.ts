import type { CommitListener } from './database.ts';
import type { Wasm } from './wasm.ts';

interface KnownName {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Gathers the tables that the open transaction touches and tells the listeners once it is committed; never before, and never
 * after a rollback.
 */
export class CommitNotifier {
  readonly #wasm: Wasm;
  readonly #listeners = new Set<CommitListener>();
  readonly #knownNames = new Map<number, KnownName>();
  #touched = new Set<string>();

  constructor(wasm: Wasm) {
    this.#wasm = wasm;
    wasm.callbacks.rowChanged = (address) => this.touch(this.#tableName(address));
  }

  /** @returns The function that ends it. */
  listen(listener: CommitListener): () => void {
    // Its own entry, so that a listener given twice is called twice and ended separately.
    const entry: CommitListener = (tables) => listener(tables);
    this.#listeners.add(entry);
    return () => void this.#listeners.delete(entry);
  }

  touch(table: string): void {
    this.#touched.add(table);
  }

  /** A point in the transaction to which {@link forgetSince} can return. */
  mark(): number {
    return this.#touched.size;
  }

  /** Forgets the tables first touched after the mark: what touched them has been rolled back. */
  forgetSince(mark: number): void {
    if (this.#touched.size > mark) this.#touched = new Set([...this.#touched].slice(0, mark));
  }

  /** To be called when a transaction has been committed and SQLite is at rest: listeners may query and write. */
  committed(): void {
    if (this.#touched.size === 0) return;
    const tables = this.#touched;
    this.#touched = new Set();
    for (const listener of [...this.#listeners]) {
      try {
        listener(tables);
      } catch (error) {
        // The data is committed: the writer must not hear of a failure that is the listener's own.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /**
   * The name at an address, which is asked for with every row. The address is good only until the schema changes, so what
   * lies there now is compared with what lay there when it was read.
   */
  #tableName(address: number): string {
    const memory = this.#wasm.memory;
    const known = this.#knownNames.get(address);
    if (known !== undefined && isAt(memory, address, known.bytes)) return known.name;
    const bytes = memory.slice(address, memory.indexOf(0, address) + 1);
    const name = this.#wasm.terminatedText(address).toLowerCase();
    this.#knownNames.set(address, { name, bytes });
    return name;
  }
}

function isAt(memory: Uint8Array, address: number, bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += 1) {
    if (memory[address + at] !== bytes[at]) return false;
  }
  return true;
}
