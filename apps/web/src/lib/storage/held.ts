/**
 * What this browser is known to hold, remembered where a browser that clears a site's files usually does not look. Only
 * to notice at the next start that it did: nothing about replication depends on it.
 */
export interface Held {
  /** Records that had not been sent when this was last written down. */
  pending: number;
  /** When that was, in milliseconds of the wall clock. */
  at: number;
}

/** What the browser has cleared, until somebody has read about it. */
export interface Cleared extends Held {
  database: string;
}

export interface HeldStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const heldKey = (database: string) => `octavo:held:${database}`;
const CLEARED_KEY = 'octavo:cleared';

/** Remembers what is held of each database. */
export class HeldRegister {
  readonly #store: HeldStore;

  constructor(store: HeldStore) {
    this.#store = store;
  }

  held(database: string): Held | undefined {
    return parse(this.#store.getItem(heldKey(database)));
  }

  /** What was cleared and nobody has read about yet. */
  get cleared(): Cleared | undefined {
    const text = this.#store.getItem(CLEARED_KEY);
    const held = parse(text);
    const database: unknown = text === null ? undefined : field(text, 'database');
    return held === undefined || typeof database !== 'string' ? undefined : { ...held, database };
  }

  /** The database was opened; `created` when there was no file. Returns what turned out to have been cleared. */
  opened(database: string, created: boolean, now: number): Cleared | undefined {
    const before = this.held(database);
    if (created && before !== undefined)
      this.#store.setItem(CLEARED_KEY, JSON.stringify({ database, ...before }));
    this.note(database, { pending: created ? 0 : (before?.pending ?? 0), at: now });
    return this.cleared;
  }

  note(database: string, held: Held): void {
    this.#store.setItem(heldKey(database), JSON.stringify(held));
  }

  /** Somebody has read it. */
  dismiss(): void {
    this.#store.removeItem(CLEARED_KEY);
  }
}

/** The browser's own store; where it is blocked, one that forgets. */
export function heldStore(): HeldStore {
  try {
    return localStorage;
  } catch {
    const items = new Map<string, string>();
    return {
      getItem: (key) => items.get(key) ?? null,
      setItem: (key, value) => void items.set(key, value),
      removeItem: (key) => void items.delete(key),
    };
  }
}

function field(text: string, name: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  } catch {
    // Not ours: whoever wrote it, nothing is known to be held.
    return undefined;
  }
}

function parse(text: string | null): Held | undefined {
  if (text === null) return undefined;
  const [pending, at] = [field(text, 'pending'), field(text, 'at')];
  return typeof pending === 'number' && typeof at === 'number' ? { pending, at } : undefined;
}
