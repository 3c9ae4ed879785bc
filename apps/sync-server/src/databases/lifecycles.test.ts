import { expect, test } from 'vitest';
import { Lifecycles } from './lifecycles.ts';

test('steps of one name happen one after another, also after one that failed; other names do not wait', async () => {
  const lifecycles = new Lifecycles();
  const seen: string[] = [];
  const gate = Promise.withResolvers<undefined>();
  const first = lifecycles.inTurn('a', async () => {
    await gate.promise;
    seen.push('first');
    throw new Error('failed');
  });
  const second = lifecycles.inTurn('a', () => Promise.resolve(seen.push('second')));
  await lifecycles.inTurn('b', () => Promise.resolve(seen.push('other')));
  expect(seen).toEqual(['other']);
  gate.resolve(undefined);
  await expect(first).rejects.toThrow('failed');
  await second;
  expect(seen).toEqual(['other', 'first', 'second']);
});

test('settling waits for what is added on the way', async () => {
  const lifecycles = new Lifecycles();
  const seen: string[] = [];
  void lifecycles.inTurn('a', async () => {
    await Promise.resolve();
    seen.push('first');
    void lifecycles.inTurn('b', () => Promise.resolve(seen.push('second')));
  });
  await lifecycles.settled();
  expect(seen).toEqual(['first', 'second']);
});
