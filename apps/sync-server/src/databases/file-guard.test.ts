import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from '../../test/temporary-folder.ts';
import { FileGuard } from './file-guard.ts';

async function guarded() {
  const path = join(await temporaryFolder(), 'shop.db');
  writeFileSync(path, Buffer.alloc(8192, 1));
  const guard = new FileGuard(path);
  onTestFinished(() => guard.close());
  return { path, guard };
}

const change = (what: string) => expect.objectContaining({ change: what }) as Error;

test('what this process writes, and says so, is no change', async () => {
  const { path, guard } = await guarded();
  guard.check();
  appendFileSync(path, 'more');
  guard.note();
  guard.check();
});

test('another file under the name is noticed, whatever is in it', async () => {
  const { path, guard } = await guarded();
  writeFileSync(`${path}.other`, readFileSync(path));
  renameSync(`${path}.other`, path);
  expect(() => guard.check()).toThrow(change('replaced'));
  expect(() => guard.confirmNamed()).toThrow(change('replaced'));
});

test('a file that is gone is noticed', async () => {
  const { path, guard } = await guarded();
  rmSync(path);
  expect(() => guard.check()).toThrow(change('removed'));
});

test('what somebody else writes is noticed: by the size, the time, and the counter in the header', async () => {
  const grown = await guarded();
  appendFileSync(grown.path, 'more');
  expect(() => grown.guard.check()).toThrow(change('overwritten'));

  const touched = await guarded();
  utimesSync(touched.path, 1, 1);
  expect(() => touched.guard.check()).toThrow(change('overwritten'));

  const changed = await guarded();
  const descriptor = openSync(changed.path, 'r+');
  utimesSync(changed.path, 5, 5);
  changed.guard.note();
  writeSync(descriptor, Buffer.from([9]), 0, 1, 24);
  closeSync(descriptor);
  utimesSync(changed.path, 5, 5);
  expect(() => changed.guard.check()).toThrow(change('overwritten'));
});
