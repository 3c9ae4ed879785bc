import { afterEach, describe, test } from 'vitest';

import { WasmDatabase } from './connection.ts';
import { CONTRACT_SUITE } from './contract/contract-suite.ts';
import type { TestStore } from './contract/contract-test.ts';
import type { Database } from './database.ts';
import { openMemory } from './memory.ts';
import { MemoryFileSystem } from './vfs/memory-file-system.ts';

const opened: Database[] = [];

afterEach(() => {
  for (const database of opened.splice(0)) database.close();
});

function memoryStore(): TestStore {
  const fileSystem = new MemoryFileSystem();
  return {
    async open(file) {
      const database = await openMemory({ fileSystem, name: file });
      opened.push(database);
      return database;
    },
    kill(database) {
      if (database instanceof WasmDatabase) database.abandon();
    },
    copy(database, file) {
      database.prepare('VACUUM INTO ?').run(file);
      return Promise.resolve();
    },
    write(file, bytes) {
      fileSystem.write(file, bytes);
      return Promise.resolve();
    },
  };
}

describe('a database in memory', () => {
  for (const { name, run } of CONTRACT_SUITE) test(name, () => run(memoryStore()));
});
