import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { WasmDatabase } from './connection.ts';
import { CONTRACT_SUITE } from './contract/contract-suite.ts';
import type { TestStore } from './contract/contract-test.ts';
import type { Database } from './database.ts';
import { SqliteError } from './errors.ts';
import { openFile } from './node.ts';
import type { Answer, Order } from './node-process.fixture.ts';
import { ownIdentity } from './process-identity.ts';

const opened: Database[] = [];
const children: ChildProcess[] = [];
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'octavo crsqlite é '));
});

afterEach(() => {
  for (const database of opened.splice(0)) database.close();
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function open(file: string): Promise<Database> {
  const database = await openFile(join(folder, file), { owner: 'the test' });
  opened.push(database);
  return database;
}

const store: TestStore = {
  open,
  kill(database) {
    if (database instanceof WasmDatabase) database.abandon();
  },
  copy(database, file) {
    database.prepare('VACUUM INTO ?').run(join(folder, file));
    return Promise.resolve();
  },
  write(file, bytes) {
    writeFileSync(join(folder, file), bytes);
    return Promise.resolve();
  },
};

async function refusal(opening: Promise<Database>): Promise<SqliteError> {
  try {
    opened.push(await opening);
  } catch (error) {
    if (error instanceof SqliteError) return error;
    throw error;
  }
  throw new Error('It should have been refused.');
}

/** A process that takes orders. */
async function startProcess(): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'node-process.fixture.ts'), { execArgv: [] });
  children.push(child);
  await nextAnswer(child, 'ready');
  return child;
}

function nextAnswer<Kind extends Answer['kind']>(
  child: ChildProcess,
  ...kinds: Kind[]
): Promise<Extract<Answer, { kind: Kind }>> {
  return new Promise((resolve, reject) => {
    const listen = (answer: Answer): void => {
      if (!isOneOf(answer, kinds)) return;
      child.off('message', listen);
      child.off('exit', ended);
      resolve(answer);
    };
    const ended = (code: number | null, signal: string | null): void => {
      reject(new Error(`The process ended early: ${String(code ?? signal)}`));
    };
    child.on('message', listen);
    child.once('exit', ended);
  });
}

function isOneOf<Kind extends Answer['kind']>(
  answer: Answer,
  kinds: Kind[],
): answer is Extract<Answer, { kind: Kind }> {
  return kinds.some((kind) => kind === answer.kind);
}

function order(child: ChildProcess, message: Order): void {
  child.send(message);
}

async function kill(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** A lock left behind by a process that no longer exists. */
async function writeDeadLock(path: string, token: string): Promise<void> {
  const child = fork(join(import.meta.dirname, 'errors.ts'), { execArgv: [] });
  await once(child, 'exit');
  writeFileSync(
    path,
    JSON.stringify({ ...ownIdentity(), pid: child.pid, started: '1', owner: 'a dead one', token }),
  );
}

describe('a database in a file under Node', () => {
  for (const { name, run } of CONTRACT_SUITE) test(name, () => run(store));

  test('leaves nothing but the file and an empty journal when it is closed', async () => {
    const database = await open('shop.sqlite3');
    database.exec('CREATE TABLE t (n)');
    database.close();
    expect(readdirSync(folder).toSorted()).toEqual(['shop.sqlite3', 'shop.sqlite3-journal']);
    expect(readFileSync(join(folder, 'shop.sqlite3-journal'))).toHaveLength(0);
  });

  test('opens under a path of hundreds of bytes, with spaces and accents', async () => {
    const deep = join(
      'a folder of a long name '.repeat(8).trim(),
      'another folder of a long name '.repeat(8).trim(),
    );
    mkdirSync(join(folder, deep), { recursive: true });
    const database = await open(join(deep, 'shop.sqlite3'));
    database.exec('CREATE TABLE t (n)');
    database.close();
    expect(readdirSync(join(folder, deep))).toContain('shop.sqlite3');
  });

  test('a path that cannot be opened is an access failure, names the path, and leaves no lock', async () => {
    const missing = await refusal(
      openFile(join(folder, 'no', 'such', 'shop.sqlite3'), { owner: 'the test' }),
    );
    expect(missing.failure).toBe('access');
    expect(missing.message).toContain(join('no', 'such'));
    mkdirSync(join(folder, 'a-folder.sqlite3'));
    const isFolder = await refusal(openFile(join(folder, 'a-folder.sqlite3'), { owner: 'the test' }));
    expect(isFolder.failure).toBe('access');
    expect(isFolder.message).toContain('EISDIR');
    expect(readdirSync(folder)).toEqual(['a-folder.sqlite3']);
  });
});

describe('the lock of a file', () => {
  test('names the process that holds it, and what that process is', async () => {
    const child = await startProcess();
    order(child, { kind: 'open', path: join(folder, 'shop.sqlite3') });
    await nextAnswer(child, 'opened');
    const error = await refusal(openFile(join(folder, 'shop.sqlite3'), { owner: 'the test' }));
    expect(error.failure).toBe('busy');
    expect(error.message).toContain(`process ${String(child.pid)} (a process of the test)`);
    order(child, { kind: 'close' });
    await nextAnswer(child, 'closed');
    await open('shop.sqlite3');
  });

  test('says so when it is this very process', async () => {
    await open('shop.sqlite3');
    const error = await refusal(openFile(join(folder, 'shop.sqlite3'), { owner: 'again' }));
    expect(error.message).toContain(`process ${process.pid} (the test)`);
  });

  test('is one whatever links lead to the file', async () => {
    await open('shop.sqlite3');
    symlinkSync(join(folder, 'shop.sqlite3'), join(folder, 'link.sqlite3'));
    const error = await refusal(openFile(join(folder, 'link.sqlite3'), { owner: 'by a link' }));
    expect(error.failure).toBe('busy');
  });

  test('of a process that was killed is taken over', async () => {
    const child = await startProcess();
    order(child, { kind: 'open', path: join(folder, 'shop.sqlite3') });
    await nextAnswer(child, 'opened');
    await kill(child);
    expect(readdirSync(folder)).toContain('shop.sqlite3-lock');
    (await open('shop.sqlite3')).close();
    expect(readdirSync(folder)).toEqual(['shop.sqlite3']);
  });

  test('of a process whose number another one has now is taken over', async () => {
    const lock = join(folder, 'shop.sqlite3-lock');
    writeFileSync(
      lock,
      JSON.stringify({ ...ownIdentity(), started: '1', owner: 'a dead one', token: 'dead' }),
    );
    await open('shop.sqlite3');
  });

  test('is taken over by exactly one of several processes that find it dead at once', async () => {
    const path = join(folder, 'shop.sqlite3');
    const rivals = await Promise.all([startProcess(), startProcess(), startProcess(), startProcess()]);
    for (let round = 0; round < 15; round += 1) {
      await writeDeadLock(`${path}-lock`, `dead-${round}`);
      const answers = rivals.map(async (rival) => ({
        rival,
        answer: await nextAnswer(rival, 'opened', 'refused'),
      }));
      for (const rival of rivals) order(rival, { kind: 'open', path });
      const results = await Promise.all(answers);
      const winners = results.filter(({ answer }) => answer.kind === 'opened');
      expect(winners, `round ${round}`).toHaveLength(1);
      for (const { answer } of results) if (answer.kind === 'refused') expect(answer.failure).toBe('busy');
      for (const { rival } of winners) {
        order(rival, { kind: 'close' });
        await nextAnswer(rival, 'closed');
      }
    }
    expect(readdirSync(folder).filter((file) => file.includes('lock'))).toEqual([]);
  });

  test('is taken over also when another process died while taking it over', async () => {
    const lock = join(folder, 'shop.sqlite3-lock');
    await writeDeadLock(lock, 'first');
    await writeDeadLock(`${lock}-first`, 'second');
    await writeDeadLock(`${lock}-first-second`, 'third');
    (await open('shop.sqlite3')).close();
    expect(readdirSync(folder).filter((file) => file.includes('lock'))).toEqual([]);
  });

  test('of another machine is respected, and the error says which file to delete if that machine is gone', async () => {
    const lock = join(folder, 'shop.sqlite3-lock');
    const elsewhere = { ...ownIdentity(), host: 'till-2', pid: 1, owner: 'the sync server', token: 'far' };
    writeFileSync(lock, JSON.stringify(elsewhere));
    const error = await refusal(openFile(join(folder, 'shop.sqlite3'), { owner: 'the test' }));
    expect(error.failure).toBe('busy');
    expect(error.message).toContain('process 1 on till-2 (the sync server)');
    expect(error.message).toContain(lock);
  });

  test('that cannot be understood is respected', async () => {
    writeFileSync(join(folder, 'shop.sqlite3-lock'), 'something else');
    const error = await refusal(openFile(join(folder, 'shop.sqlite3'), { owner: 'the test' }));
    expect(error.failure).toBe('busy');
  });
});

test('after kill -9 in the middle of writing, every commit that was told of is there whole and the file is sound', async () => {
  const rows = 60;
  let toldOf = 0;
  for (const after of [1, 3, 7]) {
    const child = await startProcess();
    order(child, { kind: 'open', path: join(folder, 'shop.sqlite3') });
    await nextAnswer(child, 'opened');
    order(child, { kind: 'write', rows });
    for (let count = 0; count < after; count += 1)
      toldOf = (await nextAnswer(child, 'committed')).transaction;
    await kill(child);
    const database = await open('shop.sqlite3');
    const n = database.prepare<{ n: number }>('SELECT count(*) AS n FROM t').get()?.n ?? 0;
    expect(n % rows).toBe(0);
    expect(n / rows).toBeGreaterThanOrEqual(toldOf);
    expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    database.close();
  }
});
