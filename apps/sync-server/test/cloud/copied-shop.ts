import { copyFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Database } from '@octavo/crsqlite/database.ts';
import { openFile } from '@octavo/crsqlite/node.ts';
import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { CloudCopy } from '../../src/cloud/cloud-copy.ts';
import type { CopyState } from '../../src/cloud/copy-state.ts';
import type { ListedCopy } from '../../src/cloud/choose-copies.ts';
import { parseCopyKey } from '../../src/cloud/copy-keys.ts';
import type { CopySource } from '../../src/cloud/copy-source.ts';
import { copyOwner, copyPart } from '../../src/cloud/replica-copies.ts';
import type { ObjectStore } from '../../src/cloud/store/object-store.ts';
import { DirectoryStore } from '../../src/cloud/store/directory-store.ts';
import { examineFile } from '../../src/databases/examine-file.ts';
import { systemClock, systemRandom } from '../../src/databases/system.ts';

const ISBN = 9_790_000_000_000;
const DATABASE = 'shop.sqlite3';

/** A shop's file in a folder, and its copy in another one. */
export class CopiedShop {
  readonly folder: string;
  readonly path: string;
  readonly cloud: string;
  readonly store: DirectoryStore;
  readonly replica: Replica;
  /** What the copy was shown as. */
  readonly states: CopyState[] = [];
  /** As after a crash between an upload and the note of it. */
  forgetsMarks = false;
  readonly #database: Database;

  private constructor(folder: string, cloud: string, path: string, database: Database) {
    this.folder = folder;
    this.path = path;
    this.cloud = cloud;
    this.store = new DirectoryStore(cloud);
    this.#database = database;
    this.replica = Replica.open(database, { schema, clock: systemClock, random: systemRandom });
  }

  /** Opens the file that is at a path, or makes one. */
  static async open(folder: string, path = join(folder, DATABASE)): Promise<CopiedShop> {
    const database = await openFile(path, { owner: 'a test' });
    onTestFinished(() => database.close());
    return new CopiedShop(folder, join(folder, 'cloud'), path, database);
  }

  /** Its copy, as after a restart. */
  async copy({
    keptMs = Infinity,
    store = this.store,
    wall = Date.now,
  }: { keptMs?: number; store?: ObjectStore; wall?: () => number } = {}): Promise<CloudCopy> {
    const copy = new CloudCopy({
      database: DATABASE,
      store,
      source: this.#source(),
      temporaryPath: () => join(this.folder, `temporary-${randomUUID()}`),
      examine: (path) => examineFile(path, { depth: 'full', owner: 'a test' }),
      keptMs,
      wall,
      logger: pino({ level: 'silent' }),
      onState: (state) => this.states.push(state),
    });
    await copy.begin();
    return copy;
  }

  /** Adds a book. */
  write(number: number): void {
    this.run('INSERT INTO book (isbn, title) VALUES (?, ?)', String(ISBN + number), `Book ${number}`);
  }

  run(sql: string, ...bind: string[]): void {
    this.replica.write(() => {
      this.#database.prepare(sql).run(...bind);
    });
  }

  books(): unknown[] {
    return this.#database.prepare('SELECT * FROM book ORDER BY isbn').all();
  }

  async copies(): Promise<ListedCopy[]> {
    const copies: ListedCopy[] = [];
    const { signal } = new AbortController();
    for await (const object of this.store.list(`${DATABASE}/`, { signal })) {
      const name = parseCopyKey(object.key);
      if (name !== undefined) copies.push({ ...name, ...object });
    }
    return copies;
  }

  /** Such as `1 snapshot`, in the order of their keys. */
  async copyNames(): Promise<string[]> {
    return (await this.copies()).map(({ version, kind }) => `${version} ${kind}`);
  }

  breakStore(): void {
    mkdirSync(this.cloud, { recursive: true });
    renameSync(this.cloud, `${this.cloud}-away`);
    writeFileSync(this.cloud, 'no folder');
  }

  mendStore(): void {
    renameSync(this.cloud, `${this.cloud}-broken`);
    renameSync(`${this.cloud}-away`, this.cloud);
  }

  #source(): CopySource {
    const { replica, path } = this;
    return {
      standing: () =>
        Promise.resolve({ ...copyOwner(replica), head: replica.head(), mark: replica.copyMarks.get() }),
      part: (after, most) => Promise.resolve(toEnd(copyPart(replica, after, most))),
      file: (target) => {
        copyFileSync(path, target);
        return Promise.resolve({ ...copyOwner(replica), through: replica.head() });
      },
      mark: (_owner, mark) => {
        if (this.forgetsMarks) return Promise.reject(new Error('The power was cut.'));
        replica.copyMarks.set(mark);
        return Promise.resolve();
      },
    };
  }
}

function toEnd<Result>(steps: Generator<void, Result>): Result {
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  return step.value;
}
