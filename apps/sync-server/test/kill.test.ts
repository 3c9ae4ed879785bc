import { join } from 'node:path';
import { openFile } from '@octavo/crsqlite/node.ts';
import { expect, test } from 'vitest';
import { NodeClient } from './node-client.ts';
import { startProcess } from './processes.ts';
import { temporaryFolder } from './temporary-folder.ts';

const CLIENTS = 20;
const KILLS = 3;
/** Heard by each client since the last start, before the server dies in the middle of the rest. */
const BOOKS_UNDER_WAY = 15;

/** One of many who write, each under numbers of its own. */
class Writer {
  readonly client: NodeClient;
  readonly #name: string;
  /** The version of the log with which each book was written. */
  readonly #versions: bigint[] = [];

  constructor(client: NodeClient, name: string) {
    this.client = client;
    this.#name = name;
  }

  get written(): number {
    return this.#versions.length;
  }

  write(): void {
    const isbn = `${this.#name}-${this.written + 1}`;
    this.client.write('INSERT INTO book (isbn, title) VALUES (?, ?)', isbn, 'Title');
    this.#versions.push(this.client.replica.head());
  }

  /** What the server has said is on its disk. */
  get acknowledged(): string[] {
    const through = this.client.acknowledged;
    const count = this.#versions.filter((version) => version <= through).length;
    return Array.from({ length: count }, (_, index) => `${this.#name}-${index + 1}`);
  }
}

test(`killed ${KILLS} times under ${CLIENTS} writing clients, the server has on disk all that it has acknowledged`, async () => {
  const dataDir = await temporaryFolder();
  let server = await startProcess({ DATA_DIR: dataDir });
  const environment = { DATA_DIR: dataDir, PORT: new URL(server.url).port };
  const writers: Writer[] = [];
  for (let index = 0; index < CLIENTS; index += 1)
    writers.push(new Writer(await NodeClient.connect(server), `client-${index}`));
  const [first] = writers;
  if (first === undefined) throw new Error('There are no clients.');

  for (let kill = 0; kill < KILLS; kill += 1) {
    const before = first.acknowledged.length;
    for (let book = 0; book < BOOKS_UNDER_WAY; book += 1) for (const writer of writers) writer.write();
    await first.client.until('some of it is acknowledged', () => first.acknowledged.length > before);
    server.child.kill('SIGKILL');
    await server.ended;

    const file = await openFile(join(dataDir, 'shop.sqlite3'), { owner: 'a test' });
    expect(file.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    const rows = file.prepare<{ isbn: string }>("SELECT isbn FROM book WHERE title = 'Title'").all();
    file.close();
    const onDisk = new Set(rows.map(({ isbn }) => isbn));
    const acknowledged = writers.flatMap((writer) => writer.acknowledged);
    expect(acknowledged.filter((isbn) => !onDisk.has(isbn))).toEqual([]);
    server = await startProcess(environment);
  }
  const written = writers.reduce((sum, writer) => sum + writer.written, 0);
  for (const { client } of writers) {
    await client.until(
      'everything of everybody',
      () => client.rows('SELECT count(*) AS books FROM book')[0]?.['books'] === written,
    );
    await client.synced();
  }
});
