import { parseServer, takeAddress } from './address.ts';
import type { Settings } from './settings.ts';
import { defaultSettings, loadSettings, saveSettings } from './settings.ts';

/** The settings of this browser, loaded once and stored with every change. */
class SettingsStore {
  current = $state.raw<Settings>(defaultSettings);

  /**
   * Loads them, with what the address of a first visit says, which is then taken out of the address bar. Throws
   * AddressError.
   */
  async load(): Promise<Settings> {
    const before = new URL(location.href);
    const stored = await loadSettings();
    const { settings, address } = takeAddress(stored, before);
    if (address.href !== before.href) {
      history.replaceState(history.state, '', address);
      await saveSettings(settings);
    }
    this.current = settings;
    return settings;
  }

  async change(change: Partial<Settings>): Promise<void> {
    this.current = { ...this.current, ...change };
    await saveSettings(this.current);
  }

  /** The WebSocket URL of the sync server in use. */
  get server(): string {
    return this.current.server ?? parseServer(location.origin);
  }
}

export const settings = new SettingsStore();
