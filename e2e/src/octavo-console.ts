import type { SyncState } from '@octavo/sync/state.ts';

/** What the app offers as `window.octavo`, as its documentation promises it. */
export interface OctavoConsole {
  query(sql: string, params?: readonly unknown[]): Promise<Record<string, unknown>[]>;
  exec(sql: string, params?: readonly unknown[]): Promise<void>;
  status(): SyncState | Promise<SyncState>;
  siteId(): string | Promise<string>;
  dbVersion(): number | Promise<number>;
  syncOff(): void | Promise<void>;
  syncOn(): void | Promise<void>;
  exportDatabase(): Blob | Promise<Blob>;
}

declare global {
  interface Window {
    octavo: OctavoConsole;
  }
}
