// A client in a process of its own: the app's engine and shell over a database file and a real WebSocket.
import { createHash } from 'node:crypto';
import process from 'node:process';
import type { Database } from '@octavo/crsqlite/database.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import { timers } from '@octavo/rpc/port.ts';
import { schema } from '@octavo/shop/schema.ts';
import { SyncClient } from '@octavo/sync/client/sync-client.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { SyncShell } from '@octavo/web/workers/database/sync-shell.ts';
import { clock, random } from '../surroundings.ts';
import type { Account, FromClient, ToClient } from './client-messages.ts';
import { CountingSocket } from './counting-socket.ts';
import { isbnOf, writeBooks } from './workload.ts';

const [url, file] = process.argv.slice(2);
if (url === undefined || file === undefined) throw new Error('Usage: client-process.ts <url> <file>');

const database = await openFile(file, { owner: 'a client of the benchmark' });
const replica = Replica.open(database, { schema, clock, random });
const traffic = { sentBytes: 0, receivedBytes: 0 };
const shell = new SyncShell({
  machine: new SyncClient({ replica, clock, random, database: 'shop.sqlite3' }),
  connect: () => new CountingSocket(`${url.replace(/^http/, 'ws')}/sync`, traffic),
  scheduler: timers,
  now: () => clock.monotonic(),
  onState: (state) => {
    if (state.status === 'synced') tell({ type: 'synced' });
    if (state.status === 'stuck') tell({ type: 'failed', message: state.diagnostics.lastFailure });
    if (state.status === 'incompatible') tell({ type: 'failed', message: state.message });
  },
  onNotice: () => undefined,
  onRetired: () => tell({ type: 'failed', message: 'The client was taken for a copy of another.' }),
  onFault: (fault) => {
    throw fault;
  },
});
let awaited: string | undefined;
database.onCommit(() => {
  shell.handle({ type: 'committed' });
  lookForAwaited();
});
process.on('message', (message: ToClient) => void obey(message));
process.on('disconnect', () => process.exit());
tell({ type: 'ready' });

async function obey(message: ToClient): Promise<void> {
  switch (message.type) {
    case 'write': {
      const { transactions, books } = message;
      for (let index = 0; index < transactions; index += 1) {
        replica.write(() => writeBooks(database, index * books, books));
        await new Promise(setImmediate);
      }
      const lastIsbn = isbnOf(transactions * books - 1);
      tell({ type: 'written', changes: count(database, 'SELECT count(*) FROM crsql_changes'), lastIsbn });
      return;
    }
    case 'await':
      awaited = message.isbn;
      lookForAwaited();
      return;
    case 'connect':
      shell.handle({ type: 'start' });
      return;
    case 'account':
      tell({ type: 'account', ...account() });
      return;
  }
}

function lookForAwaited(): void {
  if (awaited === undefined) return;
  if (database.prepare('SELECT 1 FROM book WHERE isbn = ?').get(awaited) === undefined) return;
  awaited = undefined;
  tell({ type: 'arrived' });
}

function account(): Account {
  const rssBytes = process.resourceUsage().maxRSS * 1024;
  const hash = createHash('sha256');
  for (const book of database.prepare('SELECT * FROM book ORDER BY isbn').iterate()) {
    hash.update(JSON.stringify(book));
  }
  return {
    ...traffic,
    rssBytes,
    books: count(database, 'SELECT count(*) FROM book'),
    digest: hash.digest('hex'),
    integrity: String(Object.values(database.prepare('PRAGMA integrity_check').get() ?? {})[0]),
  };
}

function count(from: Database, sql: string): number {
  return Number(Object.values(from.prepare(sql).get() ?? {})[0]);
}

function tell(message: FromClient): void {
  process.send?.(message);
}
