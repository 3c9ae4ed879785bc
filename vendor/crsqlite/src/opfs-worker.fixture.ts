/** The dedicated worker of `opfs.browser.test.ts`: runs the contract in OPFS, and does with a database what the page tells it. */
import { type OpfsDatabase, openOpfs } from './browser.ts';
import { WasmDatabase } from './connection.ts';
import { CONTRACT_SUITE } from './contract/contract-suite.ts';
import type { TestStore } from './contract/contract-test.ts';
import type { Row, SqlValue } from './database.ts';
import { SqliteError } from './errors.ts';
import { deleteOpfsFile, readOpfsFile, writeOpfsFile } from './opfs-files.ts';

const wasm = new URL('/crsqlite-sync.wasm', location.origin);
const database: { current?: OpfsDatabase } = {};

export interface TestResult {
  readonly name: string;
  readonly error: string | null;
}

/** What an order came to; errors cross the worker's border as plain values. */
export type Outcome = { value: unknown } | { failure: string; message: string };

async function runContract(): Promise<TestResult[]> {
  const root = await navigator.storage.getDirectory();
  const results: TestResult[] = [];
  for (const { name, run } of CONTRACT_SUITE) {
    const folder = `contract-${results.length}`;
    const opened: OpfsDatabase[] = [];
    let error: string | null = null;
    try {
      await run(opfsStore(await root.getDirectoryHandle(folder, { create: true }), opened));
    } catch (thrown) {
      error = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
    }
    for (const db of opened) db.close();
    await root.removeEntry(folder, { recursive: true });
    results.push({ name, error });
  }
  return results;
}

function opfsStore(directory: FileSystemDirectoryHandle, opened: OpfsDatabase[]): TestStore {
  return {
    async open(file) {
      const db = await openOpfs({ directory, name: file, wasm });
      opened.push(db);
      return db;
    },
    kill(db) {
      if (db instanceof WasmDatabase) db.abandon();
    },
    async copy(db, file) {
      const { files } = opened.find((candidate) => candidate === db) ?? {};
      await files?.prepare(file);
      db.prepare('VACUUM INTO ?').run(file);
      files?.giveBack(file);
    },
    write: (file, bytes) => writeOpfsFile(directory, file, bytes),
  };
}

const orders = {
  runContract,
  open: async (name: string): Promise<void> => {
    database.current = await openOpfs({ directory: await navigator.storage.getDirectory(), name, wasm });
  },
  exec: (sql: string): void => {
    database.current?.exec(sql);
  },
  all: (sql: string, ...params: SqlValue[]): Row[] | undefined =>
    database.current?.prepare(sql).all(...params),
  close: (): void => {
    database.current?.close();
  },
  read: async (name: string): Promise<Uint8Array | undefined> =>
    readOpfsFile(await navigator.storage.getDirectory(), name),
  write: async (name: string, bytes: Uint8Array): Promise<void> =>
    writeOpfsFile(await navigator.storage.getDirectory(), name, bytes),
  remove: async (name: string): Promise<void> => deleteOpfsFile(await navigator.storage.getDirectory(), name),
};

export type Orders = typeof orders;
export type OrderName = keyof Orders;

async function obey({ name, args }: { name: OrderName; args: unknown[] }): Promise<Outcome> {
  try {
    // Each order is called with the arguments that `BrowserWorker.order` has checked against it.
    const order: (...args: never[]) => unknown = orders[name];
    return { value: await order(...(args as never[])) };
  } catch (error) {
    if (error instanceof SqliteError) return { failure: error.failure, message: error.message };
    return {
      failure: 'unexpected',
      message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    };
  }
}

self.addEventListener('message', (event: MessageEvent<{ name: OrderName; args: unknown[] }>) => {
  void obey(event.data).then((outcome) => self.postMessage(outcome));
});
