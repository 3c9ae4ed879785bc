import { expect, onTestFinished, test } from 'vitest';
import { S3Server } from '../../../test/s3/s3-server.ts';
import { temporaryFolder } from '../../../test/temporary-folder.ts';
import { StoreError, type StoreFailure } from './object-store.ts';
import { S3Store } from './s3-store.ts';

const { signal } = new AbortController();
const content = { kind: 'bytes', bytes: new Uint8Array([1, 2, 3]) } as const;
const metadata = { 'db-version': '7' };

async function startServer(): Promise<S3Server> {
  const server = await S3Server.start(await temporaryFolder());
  onTestFinished(() => server.kill());
  return server;
}

async function failureOf(work: Promise<unknown>): Promise<StoreFailure> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof StoreError)) throw error;
  return error.failure;
}

test('a store that is gone is unreachable, and is one again when it is back', async () => {
  const server = await startServer();
  const store = new S3Store(server.place, server);
  await server.kill();
  expect(await failureOf(store.put('a', content, { signal, metadata }))).toBe('unreachable');
  await server.restart();
  await store.put('a', content, { signal, metadata });
  expect((await store.get('a', { signal }))?.metadata).toEqual(metadata);
});

test('a store that does not answer is silent, and can be given up at any moment', async () => {
  const server = await startServer();
  const store = new S3Store(server.place, server);
  server.freeze();
  onTestFinished(() => server.thaw());
  const givenUp = new AbortController();
  const waiting = store.get('a', { signal: givenUp.signal });
  givenUp.abort(new Error('Nobody waits any more.'));
  await expect(waiting).rejects.toThrow('Nobody waits any more.');
  expect(await failureOf(store.put('a', content, { signal, metadata }))).toBe('silent');
});

test('a bucket that is not there, or not for us, is a refusal', async () => {
  const server = await startServer();
  const store = new S3Store({ ...server.place, bucket: 'elsewhere' }, server);
  expect(await failureOf(store.put('a', content, { signal, metadata }))).toBe('refused');
  expect(await failureOf(store.get('a', { signal }))).toBe('refused');
});
