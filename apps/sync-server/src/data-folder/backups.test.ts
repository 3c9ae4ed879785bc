import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import {
  backupPath,
  backupsFolder,
  keepBackup,
  listBackups,
  pruneAutomaticBackups,
  readBackupName,
} from './backups.ts';

const NAME = 'shop.sqlite3';
const at = (second: number) => new Date(Date.UTC(2026, 10, 12, 14, 0, second, 5));

describe('the name of a backup', () => {
  test('says when it was made, and before what', () => {
    const asked = { at: at(1), beforeSchema: undefined };
    const automatic = { at: at(2), beforeSchema: 12 };
    expect(basename(backupPath('/data', NAME, asked))).toBe('2026-11-12T14-00-01.005Z.sqlite3');
    for (const label of [asked, automatic])
      expect(readBackupName(basename(backupPath('/data', 'a.db', label)))).toEqual(label);
  });

  test('is nothing else', () => {
    for (const name of [
      'shop.sqlite3',
      '2026-99-12T14-00-01.005Z.sqlite3',
      '2026-11-12T14-00-01.005Z.sqlite3.new',
    ])
      expect(readBackupName(name)).toBeUndefined();
  });

  test('never leads out of the folder', () => {
    expect(() => backupsFolder('/data', '../shop.sqlite3')).toThrow(RangeError);
  });
});

test('a backup is there when it is whole, for its owner only', async () => {
  const dataDir = await temporaryFolder();
  const path = backupPath(dataDir, NAME, { at: at(0), beforeSchema: undefined });
  await keepBackup(path, async (unfinished) => {
    await writeFile(unfinished, 'whole');
    expect(await listBackups(dataDir, NAME)).toEqual([]);
  });
  expect(await readFile(path, 'utf8')).toBe('whole');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await listBackups(dataDir, NAME)).toEqual([{ at: at(0), beforeSchema: undefined, path, bytes: 5 }]);
});

test('a backup that fails leaves nothing behind', async () => {
  const dataDir = await temporaryFolder();
  const path = backupPath(dataDir, NAME, { at: at(0), beforeSchema: 1 });
  const failing = keepBackup(path, async (unfinished) => {
    await writeFile(unfinished, 'half');
    throw new Error('the disk is full');
  });
  await expect(failing).rejects.toThrow('the disk is full');
  expect(await readdir(backupsFolder(dataDir, NAME))).toEqual([]);
});

test('the newest three automatic ones stay, and all that somebody asked for', async () => {
  const dataDir = await temporaryFolder();
  await mkdir(backupsFolder(dataDir, NAME), { recursive: true });
  for (let second = 0; second < 10; second += 1) {
    const label = { at: at(second), beforeSchema: second % 2 === 0 ? 2 : undefined };
    await writeFile(backupPath(dataDir, NAME, label), '');
  }
  await writeFile(join(backupsFolder(dataDir, NAME), 'notes.txt'), 'mine');
  await pruneAutomaticBackups(dataDir, NAME);
  const left = (await listBackups(dataDir, NAME)).map((backup) => backup.at.getUTCSeconds());
  expect(left).toEqual([9, 8, 7, 6, 5, 4, 3, 1]);
  expect(await readdir(backupsFolder(dataDir, NAME))).toContain('notes.txt');
});
