import { expect, test } from 'vitest';
import type { CheckBegun, CheckStatus } from './cloud-api.ts';
import { checkAndFollow, type CheckView } from './page-check.ts';

const begun: CheckBegun = { initiated: true, status: 'checking', message: 'Looking.' };
const fetching = (progress: number): CheckStatus => ({
  status: 'downloading',
  message: 'Fetching.',
  progress,
  isSyncing: true,
  needsReload: false,
  fileSizeMb: 1,
});
const done: CheckStatus = { ...fetching(1), status: 'completed', isSyncing: false };

/** Follows a server that answers so, one after the other, and is asked in vain afterwards. */
async function follow(answers: (CheckStatus | undefined)[], beginning: CheckBegun | 'silence' = begun) {
  const views: CheckView[] = [];
  const pauses: number[] = [];
  const reload = await checkAndFollow({
    begin: () => Promise.resolve(beginning === 'silence' ? undefined : beginning),
    status: () => Promise.resolve(answers.shift()),
    show: (view) => views.push(view),
    pause: (milliseconds) => {
      pauses.push(milliseconds);
      return Promise.resolve();
    },
  });
  return { views, pauses, reload };
}

test('asks every second until the server is done, and shows how far it is', async () => {
  const { views, pauses, reload } = await follow([fetching(0.2), fetching(0.7), done]);
  expect(pauses).toEqual([1_000, 1_000, 1_000]);
  expect(views.map((view) => (view.state === 'running' ? view.progress : view.state))).toEqual([
    undefined,
    0.2,
    0.7,
    'ended',
  ]);
  expect(reload).toBe(false);
});

test('says that the page has to be loaded anew where the server says so', async () => {
  expect((await follow([{ ...done, needsReload: true }])).reload).toBe(true);
});

test('follows what somebody else has begun', async () => {
  const { views } = await follow([done], { initiated: false, status: 'downloading', message: '' });
  expect(views.map(({ state }) => state)).toEqual(['running', 'ended']);
});

test('asks no more where the server keeps no copies, or does not answer', async () => {
  const off = await follow([], { initiated: false, status: 'idle', message: 'No copies.' });
  expect(off.pauses).toEqual([]);
  expect(off.views).toEqual([{ state: 'ended', failed: false, message: 'No copies.' }]);
  expect((await follow([], 'silence')).views).toEqual([]);
});

test('goes on through answers that do not come, and gives up after 120', async () => {
  const { views } = await follow([undefined, fetching(0.5), undefined, done]);
  expect(views.at(-1)).toMatchObject({ state: 'ended', failed: false });
  const silent = await follow([]);
  expect(silent.pauses).toHaveLength(120);
  expect(silent.views.at(-1)).toMatchObject({ state: 'ended', failed: true });
  expect(silent.reload).toBeUndefined();
});
