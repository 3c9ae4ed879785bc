// Many clients in one process: the app's engine and shell over databases in memory and real WebSockets.
import { createHash } from 'node:crypto';
import { setPriority } from 'node:os';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import type { Database } from '@octavo/crsqlite/database.ts';
import { NodeReplica } from '@octavo/e2e/node-replica.ts';
import type { CrowdAccount, FromCrowd, ToCrowd } from './crowd-messages.ts';

const SETTLE_CHECK_MS = 50;

const [url, name, count, niceness] = process.argv.slice(2);
if (url === undefined || name === undefined || count === undefined)
  throw new Error('Usage: crowd-process.ts <url> <name> <number of clients> [niceness]');
if (niceness !== undefined) setPriority(Number(niceness));

const clients: NodeReplica[] = [];
for (let index = 0; index < Number(count); index += 1) clients.push(await NodeReplica.open(url));
const deliveries: number[] = [];
let written = 0;

process.on('message', (message: ToCrowd) => {
  obey(message).catch((error: unknown) =>
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) }),
  );
});
process.on('disconnect', () => process.exit());
tell({ type: 'ready' });

async function obey(message: ToCrowd): Promise<void> {
  switch (message.type) {
    case 'connect':
      for (const client of clients) client.connect();
      return;
    case 'watch':
      for (const client of clients) watch(client.database);
      return;
    case 'write':
      await write(message.perSecond, message.forMs);
      tell({ type: 'written', books: written });
      return;
    case 'settle':
      await settle(message.books);
      tell({ type: 'settled' });
      return;
    case 'account':
      tell({ type: 'account', ...account() });
      return;
  }
}

/** A book's title says who wrote it and when; all clients are on one machine, with one clock. */
async function write(perSecond: number, forMs: number): Promise<void> {
  const began = performance.now();
  for (let index = 0; ; index += 1) {
    const due = began + (index * 1000) / perSecond;
    if (due - began >= forMs) return;
    await delay(Math.max(0, due - performance.now()));
    const client = clients[index % clients.length];
    client?.write((database) => {
      database
        .prepare('INSERT INTO book (isbn, title, authors) VALUES (?, ?, ?)')
        .run(`${name}-${index}`, String(Date.now()), name ?? '');
    });
    written += 1;
  }
}

function watch(database: Database): void {
  const newest = () => database.prepare<{ row: number | null }>('SELECT max(rowid) AS row FROM book').get();
  let seen = newest()?.row ?? 0;
  database.onCommit(() => {
    const now = Date.now();
    for (const { row, title, authors } of database
      .prepare<{ row: number; title: string | null; authors: string | null }>(
        'SELECT rowid AS row, title, authors FROM book WHERE rowid > ?',
      )
      .all(seen)) {
      seen = row;
      if (authors !== name) deliveries.push(now - Number(title));
    }
  });
}

/** Each for itself: on a machine that is too busy, a few of many are always waiting for a sign of life. */
async function settle(books: number): Promise<void> {
  let left = clients;
  while (left.length > 0) {
    left = left.filter((client) => !isSettled(client, books));
    await delay(SETTLE_CHECK_MS);
  }
}

function isSettled(client: NodeReplica, books: number): boolean {
  if (client.state.status !== 'synced') return false;
  const row = client.database.prepare<{ books: number }>('SELECT count(*) AS books FROM book').get();
  return row?.books === books;
}

function account(): CrowdAccount {
  const digests = clients.map(({ database }) => {
    const hash = createHash('sha256');
    for (const book of database.prepare('SELECT * FROM book ORDER BY isbn').iterate())
      hash.update(JSON.stringify(book));
    return hash.digest('hex');
  });
  return { digests: [...new Set(digests)], deliveries };
}

function tell(message: FromCrowd): void {
  process.send?.(message);
}
