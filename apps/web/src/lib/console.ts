import type { Row, SqlValue } from '@octavo/crsqlite/database.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import { host } from './database/host.svelte.ts';
import { settings } from './settings/store.svelte.ts';
import { light } from './sync/light.svelte.ts';

type Param = SqlValue | boolean | undefined;

/** What power users and tests find as `window.octavo`; described in the README. */
export interface OctavoConsole {
  /** Runs a statement that reads. */
  query(sql: string, params?: readonly Param[]): Promise<Row[]>;
  /** Runs statements that write; they are replicated like everything else. */
  exec(sql: string, params?: readonly Param[]): Promise<void>;
  status(): SyncState;
  siteId(): Promise<string>;
  dbVersion(): Promise<number>;
  syncOff(): Promise<void>;
  syncOn(): Promise<void>;
  exportDatabase(): Promise<Blob>;
}

declare global {
  interface Window {
    octavo: OctavoConsole;
  }
}

export function installConsole(): void {
  window.octavo = {
    query: async (sql, params = []) => (await host.opened).select(sql, params.map(toSqlValue)),
    exec: async (sql, params = []) => (await host.opened).execute(sql, params.map(toSqlValue)),
    status: () => light.state,
    siteId: async () => (await (await host.opened).facts()).siteId,
    dbVersion: async () => (await (await host.opened).facts()).dbVersion,
    syncOff: () => setSync(false),
    syncOn: () => setSync(true),
    exportDatabase: async () => (await host.opened).exportFile(),
  };
}

/** Switches sync on or off, now and for later visits. */
export async function setSync(on: boolean): Promise<void> {
  await settings.change({ syncOn: on });
  await (await host.opened).setSync(on);
}

function toSqlValue(value: Param): SqlValue {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value ?? null;
}
