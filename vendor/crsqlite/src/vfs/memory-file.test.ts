import { describe, expect, test } from 'vitest';

import { MemoryFile, SECTOR_BYTES } from './memory-file.ts';

function filled(sectors: number, byte: number): Uint8Array {
  return new Uint8Array(sectors * SECTOR_BYTES).fill(byte);
}

/** The first byte of each sector. */
function sectorsOf(bytes: Uint8Array): number[] {
  return Array.from(
    { length: Math.ceil(bytes.length / SECTOR_BYTES) },
    (_, i) => bytes[i * SECTOR_BYTES] ?? -1,
  );
}

describe('a file in memory', () => {
  test('reads what was written, zeros in gaps, and nothing past its end', () => {
    const file = new MemoryFile();
    file.write(Uint8Array.of(1, 2, 3), 5);
    const into = new Uint8Array(12).fill(9);
    expect(file.read(into, 0)).toBe(8);
    expect([...into]).toEqual([0, 0, 0, 0, 0, 1, 2, 3, 9, 9, 9, 9]);
    expect(file.read(into, 8)).toBe(0);
  });

  test('reads zeros where it was cut off and grew again', () => {
    const file = new MemoryFile();
    file.write(Uint8Array.of(1, 2, 3, 4), 0);
    file.truncate(1);
    file.truncate(4);
    expect([...file.content()]).toEqual([1, 0, 0, 0]);
  });
});

describe('after a power cut, a file holds', () => {
  test('what was synced, and nothing since', () => {
    const file = MemoryFile.synced(filled(10, 1));
    file.write(filled(4, 2), 3 * SECTOR_BYTES);
    file.write(filled(5, 3), 10 * SECTOR_BYTES);
    expect(file.afterPowerCut()).toEqual(filled(10, 1));
    file.sync();
    expect(sectorsOf(file.afterPowerCut())).toEqual([1, 1, 1, 2, 2, 2, 2, 1, 1, 1, 3, 3, 3, 3, 3]);
  });

  test('of the unsynced sectors just those that survived, in any order', () => {
    const file = MemoryFile.synced(filled(4, 1));
    file.write(filled(6, 2), 0);
    expect(sectorsOf(file.afterPowerCut((sector) => sector === 1 || sector === 5))).toEqual([
      1, 2, 1, 1, 0, 2,
    ]);
  });

  test('a truncation as a whole or not at all', () => {
    const file = MemoryFile.synced(filled(4, 1));
    file.truncate(0);
    expect(file.afterPowerCut(() => true)).toHaveLength(0);
    expect(file.afterPowerCut((sector) => sector > 0)).toEqual(filled(4, 1));
  });

  test('nothing that was written past a truncation that did not survive', () => {
    const file = MemoryFile.synced(filled(4, 1));
    file.truncate(SECTOR_BYTES);
    file.write(filled(2, 2), SECTOR_BYTES);
    expect(file.afterPowerCut((sector) => sector === 2)).toEqual(filled(4, 1));
    expect(sectorsOf(file.afterPowerCut((sector) => sector === 1))).toEqual([1, 2]);
  });

  test('nothing at all before its first sync', () => {
    const file = new MemoryFile();
    file.write(filled(1, 1), 0);
    expect(file.everSynced).toBe(false);
    expect(file.afterPowerCut()).toHaveLength(0);
  });
});
