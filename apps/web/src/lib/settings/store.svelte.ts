import type { ServerAccess } from '../http/server-http.ts';
import type { Keeping } from '../storage/keeping.ts';
import { addressWith, type Arrival, parseServer, splitAddress, withArrival } from './address.ts';
import type { Settings } from './settings.ts';
import { defaultSettings, loadSettings, saveSettings } from './settings.ts';
import { signIn } from './sign-in.ts';

/** The settings of this browser, loaded once and stored with every change. */
class SettingsStore {
  current = $state.raw<Settings>(defaultSettings);

  #arrival: Arrival = {};
  /** Why this window may not store settings: then they hold until the page is left. */
  #refusal: DOMException | undefined;
  readonly #others = new BroadcastChannel('octavo/settings');

  constructor() {
    // What another tab has changed. Which shop this page shows stays as it is until it is loaded again.
    this.#others.addEventListener('message', () => void this.#adopt());
  }

  /**
   * Takes what the address says about the shop out of the address bar. To be called before the router starts, which
   * would put it back.
   */
  takeAddress(): void {
    const before = location.href;
    const { arrival, address } = splitAddress(new URL(before));
    this.#arrival = arrival;
    if (address.href !== before) history.replaceState(history.state, '', address);
  }

  /** Loads them, with what the address said. Throws AddressError, once: the next attempt is without what it said. */
  async load(): Promise<Settings> {
    const { code, ...said } = this.#arrival;
    this.#arrival = {};
    const arrival = { ...said, ...(code !== undefined && { token: await signIn(code) }) };
    this.current = withArrival(await this.#stored(), arrival);
    if (Object.keys(arrival).length > 0 && this.kept) await saveSettings(this.current);
    return this.current;
  }

  /** Whether they outlive this page. */
  get kept(): boolean {
    return this.#refusal === undefined;
  }

  /** Only a window that keeps nothing at all may do without the stored settings. Throws what refused them. */
  assertKept(keeping: Keeping): void {
    if (keeping === 'device' && this.#refusal !== undefined) throw this.#refusal;
  }

  /** The address of a screen that the page can be loaded at with the present settings. */
  addressOf(path: string): string {
    return this.kept ? path : addressWith(path, this.current);
  }

  async #stored(): Promise<Settings> {
    try {
      return await loadSettings();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.#refusal = error;
      return this.current;
    }
  }

  async change(change: Partial<Settings>): Promise<void> {
    this.current = { ...this.current, ...change };
    if (!this.kept) return;
    // Over what is stored, which another tab may have changed meanwhile.
    await saveSettings({ ...(await loadSettings()), ...change });
    this.#others.postMessage('changed');
  }

  async #adopt(): Promise<void> {
    const { syncOn, currency, sound } = await loadSettings();
    this.current = { ...this.current, syncOn, currency, sound };
  }

  /** Which shop at which server, and as whom. */
  get access(): ServerAccess {
    const { database, token } = this.current;
    return { server: this.server, database, token };
  }

  /** The WebSocket URL of the sync server in use. */
  get server(): string {
    return this.current.server ?? this.ownServer;
  }

  /** The WebSocket URL of the server that this page came from. */
  get ownServer(): string {
    return parseServer(location.origin);
  }
}

export const settings = new SettingsStore();
