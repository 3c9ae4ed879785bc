import { expect, test } from 'vitest';
import { TooManyWaitingError, Turns } from './turns.ts';

test('one at a time, in the order in which they came, also after one that failed', async () => {
  const turns = new Turns(3);
  const seen: string[] = [];
  const first = Promise.withResolvers<undefined>();
  const run = (name: string, wait?: Promise<undefined>) =>
    turns.take(async () => {
      seen.push(`${name} begins`);
      await wait;
      seen.push(`${name} ends`);
      return name;
    });
  const all = Promise.allSettled([run('a', first.promise), run('b'), run('c')]);
  await expect(run('d')).rejects.toThrow(TooManyWaitingError);
  first.reject(new Error('no image'));
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  expect(seen).toEqual(['a begins', 'b begins', 'b ends', 'c begins', 'c ends']);
  expect(await run('e')).toBe('e');
});
