import { createStore, get, set } from 'idb-keyval';

/** Which shop this browser holds and how it looks: nothing about replication, which lives in the database itself. */
export interface Settings {
  /** The database's name, here and on the server. */
  database: string;
  /** The sync server's WebSocket URL; null is the server that this page came from. */
  server: string | null;
  token: string | null;
  syncOn: boolean;
  /** The currency that prices are shown in, as an ISO 4217 code. */
  currency: string;
  /** Whether there is a quiet sound when what was queued has been sent, or could not be. */
  sound: boolean;
}

export const defaultSettings: Settings = {
  database: 'shop.sqlite3',
  server: null,
  token: null,
  syncOn: true,
  currency: 'EUR',
  sound: false,
};

const KEY = 'settings';
/** IndexedDB rather than localStorage: the service worker needs the server and the token too. */
const store = () => createStore('octavo', 'settings');

export async function loadSettings(): Promise<Settings> {
  return settingsFrom(await get<unknown>(KEY, store()));
}

export async function saveSettings(settings: Settings): Promise<void> {
  await set(KEY, { ...settings }, store());
}

/** Settings as some version of the app stored them; what is missing or of another kind is the default. */
export function settingsFrom(stored: unknown): Settings {
  if (typeof stored !== 'object' || stored === null) return defaultSettings;
  const field = (name: keyof Settings): unknown => Reflect.get(stored, name);
  const text = (name: keyof Settings) => {
    const value = field(name);
    return typeof value === 'string' && value !== '' ? value : null;
  };
  return {
    database: text('database') ?? defaultSettings.database,
    server: text('server'),
    token: text('token'),
    syncOn: field('syncOn') !== false,
    currency: text('currency') ?? defaultSettings.currency,
    sound: field('sound') === true,
  };
}
