import { expect, test } from 'vitest';

import type { Database } from '../database.ts';
import { SqliteError, type SqliteFailure } from '../errors.ts';
import { openMemory } from '../memory.ts';
import { FULL, IOERR_FSYNC, IOERR_WRITE } from '../result-codes.ts';
import { StorageError } from './file-system.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

const FILE = 'shop.sqlite3';
const ROWS = 200;
const SOUND = [{ integrity_check: 'ok' }];

async function openOn(fileSystem: MemoryFileSystem): Promise<Database> {
  return openMemory({ fileSystem, name: FILE });
}

async function prepareDisk(): Promise<{ fileSystem: MemoryFileSystem; db: Database }> {
  const fileSystem = new MemoryFileSystem();
  const db = await openOn(fileSystem);
  db.exec(
    "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v TEXT); SELECT crsql_as_crr('t'); PRAGMA cache_size = 8",
  );
  return { fileSystem, db };
}

function failureOf(action: () => unknown): SqliteError {
  try {
    action();
  } catch (error) {
    if (error instanceof SqliteError) return error;
    throw error;
  }
  throw new Error('It should have failed.');
}

function count(db: Database): number {
  return db.prepare<{ n: number }>('SELECT count(*) AS n FROM t').get()?.n ?? -1;
}

/** One transaction larger than the cache, so that it writes before it commits. */
function writeRows(db: Database): void {
  const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
  db.transaction(() => {
    for (let id = 1; id <= ROWS; id += 1) insert.run(id, 'x'.repeat(300));
  })();
}

/** Runs the transaction with the disk failing from its nth operation on; false when it needed fewer operations. */
async function failFrom(operation: number, code: number, failure: SqliteFailure): Promise<boolean> {
  const { fileSystem, db } = await prepareDisk();
  let operations = 0;
  fileSystem.beforeOperation = (kind) => {
    operations += 1;
    if (operations >= operation) throw new StorageError(`the test fails this ${kind}`, code);
  };
  let error: SqliteError | undefined;
  try {
    writeRows(db);
  } catch (thrown) {
    if (!(thrown instanceof SqliteError)) throw thrown;
    error = thrown;
  }
  fileSystem.beforeOperation = () => undefined;
  if (error === undefined) return false;
  const where = `operation ${operation}`;
  expect(error.failure, where).toBe(failure);
  expect(db.inTransaction, where).toBe(false);
  // Whole, when only the last sync failed; else nothing of it. Either way the connection goes on.
  const found = count(db);
  expect([0, ROWS], where).toContain(found);
  db.prepare('INSERT INTO t VALUES (?, ?)').run(1000, 'after');
  expect(count(db), where).toBe(found + 1);
  db.close();
  const again = await openOn(fileSystem);
  expect(count(again), where).toBe(found + 1);
  expect(again.prepare('PRAGMA integrity_check').all(), where).toEqual(SOUND);
  again.close();
  return true;
}

test.for<{ name: string; code: number; failure: SqliteFailure }>([
  { name: 'is full', code: FULL, failure: 'full' },
  { name: 'cannot write', code: IOERR_WRITE, failure: 'io' },
])(
  'wherever in a transaction a disk $name, the error says so, nothing is kept by half, and the database goes on',
  async ({ code, failure }) => {
    let operation = 1;
    while (await failFrom(operation, code, failure)) operation += 1;
    expect(operation).toBeGreaterThan(10);
  },
);

test('an error carries the account of the storage, as its cause and in its words', async () => {
  const { fileSystem, db } = await prepareDisk();
  const cause = new StorageError('the cable is loose', IOERR_FSYNC);
  fileSystem.beforeOperation = (operation) => {
    if (operation === 'sync') throw cause;
  };
  const error = failureOf(() => writeRows(db));
  expect(error).toMatchObject({ failure: 'io', resultCode: IOERR_FSYNC, cause });
  expect(error.message).toContain('the cable is loose');
});

test('an exception that is no StorageError does not cross the WASM: it is an I/O error with that cause', async () => {
  const { fileSystem, db } = await prepareDisk();
  const cause = new TypeError('a mistake in the file system');
  fileSystem.beforeOperation = () => {
    throw cause;
  };
  expect(failureOf(() => writeRows(db))).toMatchObject({ failure: 'io', cause });
  fileSystem.beforeOperation = () => undefined;
  expect(count(db)).toBe(0);
});

test('when the disk fails while an unfinished transaction is rolled back at opening, that is what the opener says', async () => {
  const { fileSystem, db } = await prepareDisk();
  db.exec('BEGIN');
  db.prepare(
    'INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) SELECT i, hex(zeroblob(200)) FROM n',
  ).run();
  const crashed = fileSystem.clone();
  crashed.beforeOperation = () => {
    throw new StorageError('the test fails this', FULL);
  };
  await expect(openOn(crashed)).rejects.toMatchObject({ name: 'SqliteError', failure: 'full' });
  crashed.beforeOperation = () => undefined;
  const again = await openOn(crashed);
  expect(count(again)).toBe(0);
  expect(again.prepare('PRAGMA integrity_check').all()).toEqual(SOUND);
});

test('when the disk fails while closing, the error comes out, and the file can be opened again', async () => {
  const { fileSystem, db } = await prepareDisk();
  writeRows(db);
  db.exec("BEGIN; UPDATE t SET v = 'changed' || hex(zeroblob(200))");
  fileSystem.beforeOperation = () => {
    throw new StorageError('the test fails this', IOERR_WRITE);
  };
  failureOrNothing(() => db.close());
  fileSystem.beforeOperation = () => undefined;
  const again = await openOn(fileSystem);
  expect(again.prepare("SELECT count(*) AS n FROM t WHERE v LIKE 'changed%'").get()).toEqual({ n: 0 });
  expect(again.prepare('PRAGMA integrity_check').all()).toEqual(SOUND);
});

/** SQLite ignores that a rollback failed when it closes: the journal stays, and does it at the next opening. */
function failureOrNothing(action: () => void): void {
  try {
    action();
  } catch (error) {
    expect(error).toMatchObject({ failure: 'io' });
  }
}
