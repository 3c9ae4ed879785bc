/** How the queue is run in a browser, by pages and by the service worker alike. */
import type { Destination } from '@octavo/outbox/command.ts';
import { postCommand } from '@octavo/outbox/post-command.ts';
import type { ReplayPorts } from '@octavo/outbox/replay.ts';
import type { OutboxStore } from '@octavo/outbox/store.ts';
import { httpAddress } from '../http/http-address.ts';
import type { ServerAccess } from '../http/server-http.ts';
import type { OutboxNews } from './news.ts';

/** Held by whoever runs the queue. */
const LOCK = 'octavo/outbox';

/** Resolves when nobody runs the queue. */
export async function whenNobodyRuns(): Promise<void> {
  await navigator.locks.request(LOCK, { mode: 'shared' }, () => undefined);
}

export interface PortsOptions {
  store: OutboxStore;
  /** Which shop is in use, and as whom: asked for each time, so that what is sent has the credentials of now. */
  access: () => Promise<ServerAccess>;
  fetch: (address: URL, init: RequestInit) => Promise<Response>;
  tell: (news: OutboxNews) => void;
  /** Of this page alone, whose queue nobody shares, as in a window that keeps nothing and has no locks either. */
  unshared?: boolean;
}

export function browserPorts({ store, access, fetch, tell, unshared }: PortsOptions): ReplayPorts {
  return {
    store,
    here: async () => destinationOf(store, await access()),
    send: async (command, attempt) => {
      const { server, database, token } = await access();
      const address = httpAddress(server, `${database}/commands`);
      const { destination } = command;
      // The settings may have been changed since it was chosen to be sent.
      if (address === undefined || destination.server !== server || destination.database !== database) {
        return { kind: 'no-answer', cause: 'unreachable' };
      }
      return postCommand(command, { fetch, address, token, attempt });
    },
    alone: (run) => (unshared === true ? run() : navigator.locks.request(LOCK, run)),
    now: () => Date.now(),
    onProgress: (progress) => tell({ type: 'SYNC_PROGRESS', ...progress }),
    onChange: () => tell({ type: 'QUEUE_CHANGED' }),
  };
}

/** The shop in use as commands name it; undefined until this device has met it. */
export async function destinationOf(
  store: OutboxStore,
  { server, database }: Pick<ServerAccess, 'server' | 'database'>,
): Promise<Destination | undefined> {
  const lineage = await store.noted(lineageKey(server, database));
  return typeof lineage === 'string' ? { server, database, lineage } : undefined;
}

/** The service worker cannot look into the database: pages note which shop is in it. */
export async function noteLineage(
  store: OutboxStore,
  { server, database }: Pick<ServerAccess, 'server' | 'database'>,
  lineage: string,
): Promise<void> {
  await store.note(lineageKey(server, database), lineage);
}

function lineageKey(server: string, database: string): string {
  return `lineage of ${database} at ${server}`;
}
