import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NodeClient } from './node-client.ts';
import { octavo } from './octavo.ts';
import { ask, exec, runServer } from './running-server.ts';
import { temporaryFolder } from './temporary-folder.ts';

const SHOP = 'shop.sqlite3';
const INSERT = 'INSERT INTO book (isbn, title) VALUES (?, ?)';
const BOOKS = 'SELECT isbn FROM book ORDER BY isbn';
const isbn = (number: number): string => String(9790000000000 + number);

/** A server with ten books, all of them in its copy, and a till that wrote them. */
async function shopWithCopy() {
  const cloud = { kind: 'folder', path: join(await temporaryFolder(), 'cloud') } as const;
  const server = await runServer({ cloud });
  const till = await NodeClient.connect(server);
  for (let number = 0; number < 10; number += 1) till.write(INSERT, isbn(number), `Book ${number}`);
  await copied(till);
  const { dataDir } = server.config;
  const command = (...args: string[]) =>
    octavo(['--data-dir', dataDir, 'db', ...args, '--store', `file:${cloud.path}`]);
  return { server, till, cloud, dataDir, command };
}

/** Everything that the till has written is in the copy, and it has been told. */
async function copied(till: NodeClient): Promise<void> {
  await till.until('copied', () => till.cloud?.complete === true && till.state.cloud?.state === 'copied');
}

function versionOf(till: NodeClient): string {
  const { cloud } = till.state;
  if (cloud?.state !== 'copied') throw new Error('Nothing is copied.');
  return `${cloud.site}:${cloud.version}`;
}

async function booksAt(server: { url: string }): Promise<number> {
  return ((await exec(server, BOOKS)).body as { rows: unknown[] }).rows.length;
}

async function lineageOf({ url }: { url: string }): Promise<unknown> {
  return ((await ask(`${url}/${SHOP}/meta`)).body as { lineage: unknown }).lineage;
}

describe('octavo db verify --cloud', () => {
  test('proves that the shop could be restored, and leaves nothing behind', async () => {
    const { till, dataDir, command } = await shopWithCopy();
    const { code, stdout } = await command('verify', SHOP, '--cloud');
    expect({ code, stdout }).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(versionOf(till)) as unknown,
    });
    expect(stdout).toContain('can be restored');
    expect(await readdir(join(dataDir, 'temporary'))).toEqual([]);
  });

  test('says what is wrong with a copy that is damaged or lacks something', async () => {
    const { till, cloud, command } = await shopWithCopy();
    for (const number of [20, 21, 22]) {
      till.write(INSERT, isbn(number), 'One more');
      await copied(till);
    }
    const files = (await readdir(cloud.path, { recursive: true })).filter((file) =>
      /\d\.?\S*\.changes$/.test(file),
    );
    const parts = files.filter((file) => !file.includes('/.')).sort();
    await rm(join(cloud.path, parts.at(-2) ?? ''));
    const lacking = await command('verify', SHOP, '--cloud');
    expect(lacking).toMatchObject({ code: 1, stderr: expect.stringContaining('missing') as unknown });
    await writeFile(join(cloud.path, parts.at(-1) ?? ''), 'something else');
    const damaged = await command('verify', SHOP, '--cloud');
    expect(damaged).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not what was stored') as unknown,
    });
  });

  test('says where it looked in vain', async () => {
    const { dataDir } = await shopWithCopy();
    const nowhere = join(await temporaryFolder(), 'nowhere');
    const args = ['--data-dir', dataDir, 'db', 'verify', SHOP, '--cloud', '--store', `file:${nowhere}`];
    expect(await octavo(args)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(nowhere) as unknown,
    });
  });
});

describe('octavo db restore --from-cloud', () => {
  test('puts the copy in the place of a file beyond repair: same lineage, and devices return the rest', async () => {
    const { server, till, cloud, dataDir, command } = await shopWithCopy();
    const lineage = await lineageOf(server);
    await server.close();
    till.write(INSERT, isbn(30), 'Written while it was down');
    await writeFile(join(dataDir, SHOP), 'no database any more');
    const { code, stderr } = await command('restore', SHOP, '--from-cloud', '--yes');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const again = await runServer({ dataDir, cloud });
    expect(await booksAt(again)).toBe(10);
    till.moveTo(again);
    await till.until('repaired', () => till.state.status === 'synced');
    expect(await booksAt(again)).toBe(11);
    expect(await lineageOf(again)).toBe(lineage);
    await copied(till);
  });

  test('wants a file or the cloud, not both and not neither', async () => {
    const { command } = await shopWithCopy();
    expect((await command('restore', SHOP)).code).toBe(2);
    expect((await command('restore', SHOP, 'some.sqlite3', '--from-cloud')).code).toBe(2);
  });
});

describe('octavo db rewind --at', () => {
  test.each(['a time', 'site:version'])(
    '%s: half the shop, deleted by mistake, is there again, and the deletions do not come back',
    async (kind) => {
      const { server, till, command } = await shopWithCopy();
      const before = { version: versionOf(till), time: new Date().toISOString() };
      const lineage = await lineageOf(server);
      await exec(server, "DELETE FROM book WHERE isbn > '9790000000004'");
      await till.until('deleted', () => till.rows(BOOKS).length === 5);
      till.write(INSERT, isbn(40), 'Later work');
      await copied(till);
      const at = kind === 'a time' ? before.time : before.version;
      const { code, stderr } = await command('rewind', SHOP, '--at', at, '--yes');
      expect({ code, stderr }).toMatchObject({ code: 0 });
      await till.until('told', () => till.state.status === 'incompatible');
      expect(till.state).toMatchObject({ reason: 'rewound' });
      expect(await booksAt(server)).toBe(10);
      expect(await lineageOf(server)).not.toBe(lineage);
      // A device that begins anew gets the shop as it was, and the copy goes on with it.
      const fresh = await NodeClient.connect(server);
      await fresh.synced();
      expect(fresh.rows(BOOKS)).toHaveLength(10);
      fresh.write(INSERT, isbn(50), 'After the rewind');
      await copied(fresh);
      expect((await command('verify', SHOP, '--cloud')).stdout).toContain(String(await lineageOf(server)));
    },
  );

  test('a time that is yet to come is none of the copy', async () => {
    const { command } = await shopWithCopy();
    const { code, stderr } = await command('rewind', SHOP, '--at', '2099-01-01', '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain('yet to come');
  });

  test('where the store has nothing from then, the backups are looked at', async () => {
    const { command } = await shopWithCopy();
    const { code, stderr } = await command('rewind', SHOP, '--at', '2020-01-01T00:00', '--yes');
    expect(code).toBe(1);
    expect(stderr).toContain('has no copy of shop.sqlite3 from then');
    expect(stderr).toContain('No backup of shop.sqlite3 is that old');
  });
});
