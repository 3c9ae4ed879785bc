import type { CloudStanding } from '@octavo/sync/state.ts';
import { expect, test } from 'vitest';
import { copyWords, failingSentence, ownWords } from './cloud-words.ts';

const copy = { site: 'ab', version: 1_234, copiedAt: 0 };
const copied: CloudStanding = { state: 'copied', ...copy };
const none: CloudStanding = { state: 'failed', failure: 'full', site: 'ab', version: 0, copiedAt: undefined };

test('a copy has a version and an age, in the unit that anybody wants', () => {
  const at = (milliseconds: number) => copyWords(copied, false, milliseconds);
  expect(at(-5_000)).toMatch(/^version 1,234, just now, at /);
  expect(at(12_400)).toContain('12 s ago');
  expect(at(600_000)).toContain('10 min ago');
  expect(at(7_200_000)).toContain('2 h ago');
  expect(at(400_000_000)).toContain('5 days ago');
});

test('a copy that fails is behind, and so is one that is tried again', () => {
  expect(copyWords(none, true, 0)).toBe('behind; there is none yet');
  const retried: CloudStanding = { state: 'copying', ...copy, failing: 'silent' };
  expect(copyWords(retried, true, 1_000)).toMatch(/^behind; the last one is version 1,234, 1 s ago/);
  // An answer over HTTP has said so, and the live connection not yet.
  expect(copyWords(copied, true, 1_000)).toMatch(/^behind; /);
});

test('an upload under way is said, and that there are no copies', () => {
  const copying: CloudStanding = { state: 'copying', ...copy, failing: undefined };
  expect(copyWords(copying, false, 1_000)).toMatch(/^being copied now; the last one is version 1,234/);
  expect(copyWords({ state: 'off' }, false, 0)).toBe('none: this server keeps no copy');
});

test('what was entered here is in the version, or in none yet', () => {
  const details = { through: 9, confirmed: 5, complete: true };
  expect(ownWords(copied, details)).toBe('in version 1,234');
  expect(ownWords(copied, { ...details, complete: false })).toBe('not in the copy yet');
  expect(ownWords({ state: 'off' }, details)).toBeUndefined();
});

test('why it fails is said in words, and that nothing is lost', () => {
  expect(failingSentence(none)).toContain(
    'has failed: there is no room where it is kept. What the server has is safe',
  );
  expect(failingSentence(undefined)).toMatch(/^The copy in the cloud has failed\. /);
});
