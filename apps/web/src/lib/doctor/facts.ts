import type { SyncState } from '@octavo/sync/state.ts';
import type { Waiting } from '../database/tabs/leader-link.ts';
import type { Keeping } from '../storage/keeping.ts';
import type { Usage } from '../storage/storage.svelte.ts';
import type { Examination, Probe, Soundness } from './contract.ts';

/** What Octavo needs of a browser. */
export type Feature =
  | 'secure-context'
  | 'module-workers'
  | 'webassembly'
  | 'files'
  | 'exclusive-files'
  | 'locks'
  | 'channels'
  | 'settings-store'
  | 'service-workers';

/** Whether this page has its database. */
export type Opened =
  | { state: 'open'; in: 'this-tab' | 'another-tab' }
  | { state: 'opening' }
  | { state: 'waiting'; for: Waiting }
  | { state: 'failed'; code: string; details: string };

/** What the server tells of itself over HTTP. */
export interface ServerMeta {
  siteId: string;
  lineage: string;
  schemaName: string;
  schemaVersion: number;
  dbVersion: number;
  serverVersion: string;
}

export type ServerFacts =
  /** Pages may only ask the server that they came from. */
  | { state: 'not-asked' }
  | { state: 'unreachable'; why: string }
  | { state: 'refuses'; status: number; error: string }
  | {
      state: 'answers';
      milliseconds: number;
      /** How far this device's clock is ahead of the server's, ms. */
      clockAhead: number | undefined;
      meta: ServerMeta;
    };

export interface AppFacts {
  /** Of this page, and of the app that the server has now. */
  version: string;
  served: string | undefined;
  serviceWorker: 'none' | 'running' | 'update-waiting';
  schemaName: string;
  schemaVersion: number;
}

/** Everything that the doctor has found out. No data of the shop. */
export interface DoctorFacts {
  /** Wall clock, ms. */
  at: number;
  online: boolean;
  features: Record<Feature, Probe>;
  keeping: Keeping;
  opened: Opened;
  usage: Usage | undefined;
  /** The last write found no room. */
  full: boolean;
  files: Examination;
  /** Of the database in use, as its worker sees it or as a copy of it shows. */
  soundness: Soundness;
  syncOn: boolean;
  sync: SyncState;
  server: ServerFacts;
  app: AppFacts;
  /** The lineage of the database here. */
  lineage: string | undefined;
}
