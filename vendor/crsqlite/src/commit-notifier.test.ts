import { expect, test, vi } from 'vitest';

import { openMemory } from './memory.ts';

test('a listener that fails does not fail the writer nor keep others from hearing; its error surfaces on its own', async () => {
  const db = await openMemory();
  db.exec('CREATE TABLE t (n)');
  const failure = new Error('the listener is broken');
  const later: (() => void)[] = [];
  vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => void later.push(task));
  const heard: string[] = [];
  db.onCommit(() => {
    throw failure;
  });
  db.onCommit((tables) => heard.push(...tables));
  expect(db.prepare('INSERT INTO t VALUES (1)').run()).toEqual({ changes: 1 });
  expect(heard).toEqual(['t']);
  vi.restoreAllMocks();
  expect(later).toHaveLength(1);
  expect(later[0]).toThrow(failure);
  db.close();
});
