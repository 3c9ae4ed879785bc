import type { Command, Entry, Rejected, Task } from './command.ts';
import { type EntryChange, entryOf, type OutboxStore, type TakenOut } from './store.ts';

/** For a window that keeps nothing, and for tests. */
export class MemoryStore implements OutboxStore {
  readonly #entries = new Map<string, Entry>();
  readonly #payloads = new Map<string, unknown>();
  readonly #rejected = new Map<string, Rejected>();
  readonly #tasks = new Map<string, Task>();
  readonly #notes = new Map<string, unknown>();
  #position = 0;

  add(command: Command): Promise<void> {
    if (!this.#entries.has(command.id)) {
      this.#position += 1;
      this.#entries.set(command.id, entryOf(command, this.#position));
      this.#payloads.set(command.id, command.payload);
    }
    return Promise.resolve();
  }

  entries(): Promise<readonly Entry[]> {
    return Promise.resolve([...this.#entries.values()].sort((one, other) => one.position - other.position));
  }

  payload(id: string): Promise<unknown> {
    return Promise.resolve(this.#payloads.get(id));
  }

  change(id: string, change: EntryChange): Promise<boolean> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) this.#entries.set(id, { ...entry, ...change });
    return Promise.resolve(entry !== undefined);
  }

  finish(id: string, rejected?: Rejected): Promise<void> {
    this.#entries.delete(id);
    this.#payloads.delete(id);
    if (rejected !== undefined) this.#rejected.set(id, rejected);
    return Promise.resolve();
  }

  takeOut(id: string): Promise<TakenOut | undefined> {
    const entry = this.#entries.get(id);
    if (entry === undefined) return Promise.resolve(undefined);
    const taken = { entry, payload: this.#payloads.get(id) };
    this.#entries.delete(id);
    this.#payloads.delete(id);
    return Promise.resolve(taken);
  }

  putBack({ entry, payload }: TakenOut): Promise<void> {
    this.#entries.set(entry.id, entry);
    this.#payloads.set(entry.id, payload);
    return Promise.resolve();
  }

  rejected(): Promise<readonly Rejected[]> {
    return Promise.resolve([...this.#rejected.values()]);
  }

  markShown(id: string): Promise<boolean> {
    const rejected = this.#rejected.get(id);
    if (rejected === undefined || rejected.shown) return Promise.resolve(false);
    this.#rejected.set(id, { ...rejected, shown: true });
    return Promise.resolve(true);
  }

  forgetRejected(id: string): Promise<void> {
    this.#rejected.delete(id);
    return Promise.resolve();
  }

  keepRejected(rejected: Rejected): Promise<void> {
    this.#rejected.set(rejected.id, rejected);
    return Promise.resolve();
  }

  addTask(task: Task): Promise<void> {
    this.#tasks.set(task.id, task);
    return Promise.resolve();
  }

  tasks(): Promise<readonly Task[]> {
    return Promise.resolve([...this.#tasks.values()]);
  }

  removeTask(id: string): Promise<void> {
    this.#tasks.delete(id);
    return Promise.resolve();
  }

  noted(key: string): Promise<unknown> {
    return Promise.resolve(this.#notes.get(key));
  }

  note(key: string, value: unknown): Promise<void> {
    this.#notes.set(key, value);
    return Promise.resolve();
  }
}
