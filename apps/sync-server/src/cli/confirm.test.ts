import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { confirmOn } from './confirm.ts';

function terminal(): PassThrough & { isTTY: boolean } {
  return Object.assign(new PassThrough(), { isTTY: true });
}

test.each([
  ['yes', true],
  [' YES ', true],
  ['y', false],
  ['', false],
  ['no', false],
])('whoever types %j agrees: %j', async (typed, agreed) => {
  const [input, output] = [terminal(), terminal()];
  const answer = confirmOn(input, output)?.('Go on?');
  input.write(`${typed}\n`);
  expect(await answer).toBe(agreed);
  expect(String(output.read())).toContain('Go on? Type "yes"');
});

test('where nobody sits at a terminal, nobody is asked', () => {
  expect(confirmOn(new PassThrough(), terminal())).toBeUndefined();
  expect(confirmOn(terminal(), new PassThrough())).toBeUndefined();
});

test('a terminal that is closed without an answer agrees to nothing', async () => {
  const [input, output] = [terminal(), terminal()];
  const answer = confirmOn(input, output)?.('Go on?');
  input.end();
  expect(await answer).toBe(false);
});
