import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Command, Entry, Rejected, Task } from './command.ts';
import { type EntryChange, entryOf, type OutboxStore, type TakenOut } from './store.ts';

const NAME = 'octavo-outbox';
/** Nobody reads more; what is older was told long ago. */
const REJECTED_KEPT = 100;

interface Schema extends DBSchema {
  entries: { key: number; value: Entry; indexes: { id: string } };
  /** By the id of their command. */
  payloads: { key: string; value: unknown };
  rejected: { key: string; value: Rejected; indexes: { rejectedAt: number } };
  tasks: { key: string; value: Task; indexes: { madeAt: number } };
  notes: { key: string; value: unknown };
}

/** What is written must be on the disk before anybody is told that it is saved. */
const strict = { durability: 'strict' } as const;

/** In IndexedDB, which pages and the service worker share. */
export class IdbStore implements OutboxStore {
  /** Opened by whoever comes first; again where the browser has closed it. */
  #opened: Promise<IDBPDatabase<Schema>> | undefined;

  #open(): Promise<IDBPDatabase<Schema>> {
    this.#opened ??= openDB<Schema>(NAME, 1, {
      upgrade: (database) => {
        const entries = database.createObjectStore('entries', { keyPath: 'position' });
        entries.createIndex('id', 'id', { unique: true });
        database.createObjectStore('payloads');
        database.createObjectStore('rejected', { keyPath: 'id' }).createIndex('rejectedAt', 'rejectedAt');
        database.createObjectStore('tasks', { keyPath: 'id' }).createIndex('madeAt', 'madeAt');
        database.createObjectStore('notes');
      },
      // A newer version wants to change it: it must not wait for this page.
      blocking: (_current, _blocked, event) => {
        this.#opened = undefined;
        if (event.target instanceof IDBDatabase) event.target.close();
      },
      terminated: () => (this.#opened = undefined),
    }).catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async add(command: Command): Promise<void> {
    const change = (await this.#open()).transaction(['entries', 'payloads'], 'readwrite', strict);
    const entries = change.objectStore('entries');
    if ((await entries.index('id').getKey(command.id)) === undefined) {
      const last = await entries.openKeyCursor(null, 'prev');
      await entries.add(entryOf(command, (last?.key ?? 0) + 1));
      await change.objectStore('payloads').put(command.payload, command.id);
    }
    await change.done;
  }

  async entries(): Promise<readonly Entry[]> {
    return (await this.#open()).getAll('entries');
  }

  async payload(id: string): Promise<unknown> {
    return (await this.#open()).get('payloads', id);
  }

  async change(id: string, changed: EntryChange): Promise<boolean> {
    const change = (await this.#open()).transaction('entries', 'readwrite', strict);
    const entry = await change.store.index('id').get(id);
    if (entry !== undefined) await change.store.put({ ...entry, ...changed });
    await change.done;
    return entry !== undefined;
  }

  async finish(id: string, rejected?: Rejected): Promise<void> {
    const change = (await this.#open()).transaction(['entries', 'payloads', 'rejected'], 'readwrite', strict);
    const position = await change.objectStore('entries').index('id').getKey(id);
    if (position !== undefined) await change.objectStore('entries').delete(position);
    await change.objectStore('payloads').delete(id);
    if (rejected !== undefined) {
      const store = change.objectStore('rejected');
      await store.put(rejected);
      const oldest = (await store.index('rejectedAt').getAllKeys()).slice(0, -REJECTED_KEPT);
      for (const key of oldest) await store.delete(key);
    }
    await change.done;
  }

  async takeOut(id: string): Promise<TakenOut | undefined> {
    const change = (await this.#open()).transaction(['entries', 'payloads'], 'readwrite', strict);
    const entry = await change.objectStore('entries').index('id').get(id);
    const payload = await change.objectStore('payloads').get(id);
    if (entry !== undefined) {
      await change.objectStore('entries').delete(entry.position);
      await change.objectStore('payloads').delete(id);
    }
    await change.done;
    return entry && { entry, payload };
  }

  async putBack({ entry, payload }: TakenOut): Promise<void> {
    const change = (await this.#open()).transaction(['entries', 'payloads'], 'readwrite', strict);
    const entries = change.objectStore('entries');
    if ((await entries.index('id').getKey(entry.id)) === undefined) {
      await entries.put(entry);
      await change.objectStore('payloads').put(payload, entry.id);
    }
    await change.done;
  }

  async rejected(): Promise<readonly Rejected[]> {
    return (await this.#open()).getAllFromIndex('rejected', 'rejectedAt');
  }

  async markShown(id: string): Promise<boolean> {
    const change = (await this.#open()).transaction('rejected', 'readwrite');
    const found = await change.store.get(id);
    const first = found !== undefined && !found.shown;
    if (first) await change.store.put({ ...found, shown: true });
    await change.done;
    return first;
  }

  async forgetRejected(id: string): Promise<void> {
    await (await this.#open()).delete('rejected', id);
  }

  async keepRejected(rejected: Rejected): Promise<void> {
    await (await this.#open()).put('rejected', rejected);
  }

  async addTask(task: Task): Promise<void> {
    await (await this.#open()).put('tasks', task);
  }

  async tasks(): Promise<readonly Task[]> {
    return (await this.#open()).getAllFromIndex('tasks', 'madeAt');
  }

  async removeTask(id: string): Promise<void> {
    await (await this.#open()).delete('tasks', id);
  }

  async noted(key: string): Promise<unknown> {
    return (await this.#open()).get('notes', key);
  }

  async note(key: string, value: unknown): Promise<void> {
    await (await this.#open()).put('notes', value, key);
  }
}
