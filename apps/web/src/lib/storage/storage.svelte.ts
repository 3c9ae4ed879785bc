import { settings } from '../settings/store.svelte.ts';
import { type Cleared, type Held, HeldRegister, heldStore } from './held.ts';

const NOTE_AFTER_MS = 500;

export interface Usage {
  used: number;
  quota: number;
  /** Whether the browser has promised to keep it. */
  persisted: boolean;
}

/** Where this device keeps the shop, as far as the browser tells: how much room there is, and whether it lasts. */
class DeviceStorage {
  usage = $state.raw<Usage>();
  /** The last write failed for want of room. */
  full = $state(false);
  /** What the browser has cleared since the last visit, until somebody has read it. */
  cleared = $state.raw<Cleared>();
  readonly #register = new HeldRegister(heldStore());
  #asked = false;
  #note: ReturnType<typeof setTimeout> | undefined;

  async read(): Promise<void> {
    const { usage = 0, quota = 0 } = await navigator.storage.estimate();
    this.usage = { used: usage, quota, persisted: await navigator.storage.persisted() };
  }

  /** Asks the browser to keep it. Whether it does. */
  async persist(): Promise<boolean> {
    const granted = await navigator.storage.persist();
    await this.read();
    return granted;
  }

  /** There is work worth keeping now: the browser is asked, once. Some ask their user, which must not come from nowhere. */
  worthKeeping(): void {
    if (this.#asked) return;
    this.#asked = true;
    void navigator.storage.persisted().then((persisted) => persisted || navigator.storage.persist());
  }

  /** Whether this browser is known to hold a database, and what of it was not sent when it was last seen. */
  holds(database: string): Held | undefined {
    return this.#register.held(database);
  }

  opened(created: boolean): void {
    this.cleared = this.#register.opened(settings.current.database, created, Date.now());
  }

  /** Remembers how many records are not sent yet, soon. */
  notePending(pending: number): void {
    clearTimeout(this.#note);
    const { database } = settings.current;
    this.#note = setTimeout(() => this.#register.note(database, { pending, at: Date.now() }), NOTE_AFTER_MS);
  }

  dismissCleared(): void {
    this.#register.dismiss();
    this.cleared = undefined;
  }
}

export const storage = new DeviceStorage();
