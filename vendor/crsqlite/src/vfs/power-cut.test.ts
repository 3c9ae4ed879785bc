import { expect, test } from 'vitest';

import { openMemory } from '../memory.ts';
import { MemoryFileSystem } from './memory-file-system.ts';

const FILE = 'shop.sqlite3';
const TRANSACTIONS = 4;
const ROWS_EACH = 40;

/** A small generator with a seed, so that a failure can be repeated. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Cut {
  readonly disk: MemoryFileSystem;
  /** Transactions whose commit had returned before the power went. */
  readonly committed: number;
  readonly at: string;
}

/** Runs the same transactions, cutting the power before each operation on the disk; unsynced sectors survive at random. */
async function cutEverywhere(seed: number, survivalRate: number): Promise<Cut[]> {
  const random = createRandom(seed);
  const fileSystem = new MemoryFileSystem();
  const db = await openMemory({ fileSystem, name: FILE });
  db.exec(
    "CREATE TABLE t (id INTEGER PRIMARY KEY NOT NULL, v TEXT); SELECT crsql_as_crr('t'); PRAGMA cache_size = 8",
  );
  const cuts: Cut[] = [];
  let committed = 0;
  fileSystem.beforeOperation = (operation, name) => {
    const disk = fileSystem.snapshotDurable(() => random() < survivalRate);
    cuts.push({ disk, committed, at: `${cuts.length}: before ${operation} of ${name}, seed ${seed}` });
  };
  const insert = db.prepare('INSERT INTO t VALUES (?, ?)');
  const update = db.prepare('UPDATE t SET v = ?');
  for (let transaction = 1; transaction <= TRANSACTIONS; transaction += 1) {
    db.transaction(() => {
      for (let row = 0; row < ROWS_EACH; row += 1) insert.run(transaction * 1000 + row, 'x'.repeat(200));
      update.run(`transaction ${transaction}`.padEnd(200, '.'));
    })();
    committed = transaction;
  }
  return cuts;
}

test.for([
  { seed: 1, survivalRate: 0 },
  { seed: 2, survivalRate: 0.5 },
  { seed: 3, survivalRate: 0.9 },
])(
  'wherever the power is cut, each commit that returned is there whole, and no other but the one being made ($survivalRate of the unsynced survives)',
  async ({ seed, survivalRate }) => {
    const cuts = await cutEverywhere(seed, survivalRate);
    expect(cuts.length).toBeGreaterThan(100);
    for (const { disk, committed, at } of cuts) {
      const db = await openMemory({ fileSystem: disk, name: FILE });
      const { rows, texts, text } = db
        .prepare<{ rows: number; texts: number; text: string | null }>(
          'SELECT count(*) AS rows, count(DISTINCT v) AS texts, max(v) AS text FROM t',
        )
        .get() ?? { rows: -1, texts: -1, text: null };
      const found = rows / ROWS_EACH;
      expect([committed, committed + 1], at).toContain(found);
      expect({ texts, text: text?.replaceAll('.', '') }, at).toEqual(
        found === 0 ? { texts: 0, text: undefined } : { texts: 1, text: `transaction ${found}` },
      );
      expect(db.prepare('PRAGMA integrity_check').all(), at).toEqual([{ integrity_check: 'ok' }]);
      db.close();
    }
  },
);
