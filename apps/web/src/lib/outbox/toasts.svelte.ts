import { settings } from '../settings/store.svelte.ts';
import { chime } from './sound.ts';

const SHOWN_MS = { saved: 8_000, synced: 3_000 } as const;

/** What is said for a moment. */
export type Flash = keyof typeof SHOWN_MS;

/** What this page says about the queue, as far as it is not the queue itself: hiding it changes nothing. */
class OutboxToasts {
  /** How much of the screen they cover, pixels. */
  height = $state(0);
  flash = $state<Flash>();
  /** Whether to say that this browser does not send by itself. */
  withoutSync = $state(false);
  /** Ids of rejected commands that this page tells of. */
  told = $state.raw<readonly string[]>([]);
  /** Failures that are not shown any more, by {@link failureKey}. */
  dismissed = $state.raw<readonly string[]>([]);
  #timer: ReturnType<typeof setTimeout> | undefined;

  show(flash: Flash): void {
    clearTimeout(this.#timer);
    this.flash = flash;
    this.#timer = setTimeout(() => (this.flash = undefined), SHOWN_MS[flash]);
    if (flash === 'synced') this.#sound('done');
  }

  hideFlash(): void {
    clearTimeout(this.#timer);
    this.flash = undefined;
  }

  tell(id: string): void {
    this.told = [...this.told, id];
    this.#sound('trouble');
  }

  hideTold(id: string): void {
    this.told = this.told.filter((each) => each !== id);
  }

  hideFailure(key: string): void {
    this.dismissed = [...this.dismissed, key];
  }

  #sound(kind: Parameters<typeof chime>[0]): void {
    // Of several tabs, the one that somebody looks at.
    if (settings.current.sound && document.visibilityState === 'visible') void chime(kind);
  }
}

export const toasts = new OutboxToasts();
