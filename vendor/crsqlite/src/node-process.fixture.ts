/** A process of its own for `node.test.ts`: does with a database what its parent tells it. */
import process from 'node:process';

import type { Database } from './database.ts';
import { SqliteError } from './errors.ts';
import { openFile } from './node.ts';

export type Order =
  /** Answered with `opened` or `refused`. */
  | { kind: 'open'; path: string }
  /** Answered with `closed`. */
  | { kind: 'close' }
  /** Commits one transaction after the other, each answered with `committed`, until the process is killed. */
  | { kind: 'write'; rows: number };

export type Answer =
  | { kind: 'ready' }
  | { kind: 'opened' }
  | { kind: 'refused'; failure: string; message: string }
  | { kind: 'closed' }
  | { kind: 'committed'; transaction: number };

let database: Database | undefined;

function answer(message: Answer): void {
  process.send?.(message);
}

async function open(path: string): Promise<void> {
  try {
    database = await openFile(path, { owner: 'a process of the test' });
    answer({ kind: 'opened' });
  } catch (error) {
    if (!(error instanceof SqliteError)) throw error;
    answer({ kind: 'refused', failure: error.failure, message: error.message });
  }
}

function write(db: Database, rows: number): void {
  db.exec(
    "CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY NOT NULL, v TEXT) STRICT; SELECT crsql_as_crr('t'); PRAGMA cache_size = 8",
  );
  const insert = db.prepare('INSERT INTO t VALUES ((SELECT ifnull(max(id), 0) + 1 FROM t), ?)');
  for (;;) {
    const before = db.prepare<{ n: number }>('SELECT count(*) AS n FROM t').get()?.n ?? 0;
    db.transaction(() => {
      for (let row = 0; row < rows; row += 1) insert.run('x'.repeat(300));
    })();
    answer({ kind: 'committed', transaction: before / rows + 1 });
  }
}

process.on('message', (order: Order) => {
  switch (order.kind) {
    case 'open':
      void open(order.path);
      return;
    case 'close':
      database?.close();
      answer({ kind: 'closed' });
      return;
    case 'write':
      if (database !== undefined) write(database, order.rows);
  }
});
answer({ kind: 'ready' });
