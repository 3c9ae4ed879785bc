import { afterEach, expect, test } from 'vitest';
import { connect } from './connect.ts';
import type { Scheduler } from './port.ts';
import { RemoteError } from './remote-error.ts';
import type { Served, Sink } from './serve.ts';
import { serve } from './serve.ts';
import { transfer } from './transfer.ts';

class Coded extends Error {
  readonly code = 'no-such-book';
  readonly details = { isbn: '9780140328721', tried: 3n };
}

const never = new Promise<string>(() => undefined);

const methods = {
  add: (left: number, right: number) => left + right,
  later: async (text: string) => Promise.resolve(text.toUpperCase()),
  fail: (): string => {
    throw new Coded('No book has this ISBN.');
  },
  silent: () => never,
  functions: () => () => undefined,
  reverse: (bytes: Uint8Array<ArrayBuffer>) => {
    const reversed = bytes.toReversed();
    return transfer(reversed, [reversed.buffer]);
  },
};

const sinks: Sink<number>[] = [];
const stopped: string[] = [];
const subscriptions = {
  count: (sink: Sink<number>, from: number) => {
    sinks.push(sink);
    sink.push(from);
    return () => void stopped.push('count');
  },
};

interface Events {
  changed: { tables: string[] };
}

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
  sinks.length = 0;
  stopped.length = 0;
});

function channel() {
  const { port1, port2 } = new MessageChannel();
  open.push(() => {
    port1.close();
    port2.close();
  });
  return { port1, port2 };
}

function pair(scheduler?: Scheduler) {
  const { port1, port2 } = channel();
  const served: Served<Events> = serve(port1, methods, { subscriptions });
  const connection = connect<typeof methods, typeof subscriptions, Events>(port2, {
    deadlineMs: 5_000,
    ...(scheduler && { scheduler }),
  });
  return { served, connection, remote: connection.remote };
}

/** Collects values until so many are there. */
function collector<Value>(count: number) {
  const values: Value[] = [];
  const { promise, resolve } = Promise.withResolvers<Value[]>();
  return { promise, add: (value: Value) => values.push(value) === count && resolve(values) };
}

test('a call is answered with what the function returns, at once or later', async () => {
  const { remote } = pair();
  expect(await Promise.all([remote.add(2, 3), remote.later('octavo')])).toEqual([5, 'OCTAVO']);
});

test('an error crosses with its code, message and details', async () => {
  const { remote } = pair();
  const error: unknown = await remote.fail().catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RemoteError);
  expect(error).toMatchObject({
    code: 'no-such-book',
    message: 'No book has this ISBN.',
    details: { isbn: '9780140328721', tried: 3n },
  });
});

test('only what is served can be called, not what every object has', async () => {
  const { port1, port2 } = channel();
  serve(port1, {});
  const { remote } = connect<{ toString: () => string; nothing: () => void }>(port2, {
    deadlineMs: 5_000,
  });
  await expect(remote.nothing()).rejects.toMatchObject({ code: 'unknown-method' });
  await expect(remote.toString()).rejects.toMatchObject({ code: 'unknown-method' });
});

test('an answer that cannot be copied is an error, not silence', async () => {
  const { remote } = pair();
  await expect(remote.functions()).rejects.toMatchObject({ code: 'not-cloneable' });
});

test('a call without an answer fails at its deadline, by name', async () => {
  const due: { ms: number; run: () => void }[] = [];
  const { remote } = pair({ after: (ms, run) => (due.push({ ms, run }), () => undefined) });
  const answer = remote.silent();
  due[0]?.run();
  expect(due[0]?.ms).toBe(5_000);
  await expect(answer).rejects.toMatchObject({
    code: 'deadline',
    message: '"silent" was not answered within 5000 ms.',
  });
});

test('an answer in time calls the deadline off', async () => {
  let pending = 0;
  const { remote } = pair({ after: () => (pending++, () => pending--) });
  await remote.add(1, 1);
  expect(pending).toBe(0);
});

test('a call can be given up', async () => {
  const { connection } = pair();
  const controller = new AbortController();
  const answer = connection.call('silent', [], { signal: controller.signal });
  controller.abort();
  await expect(answer).rejects.toMatchObject({ code: 'aborted' });
  await expect(connection.call('silent', [], { signal: controller.signal })).rejects.toMatchObject({
    code: 'aborted',
  });
});

test('closing rejects every call under way, by name, and later ones', async () => {
  const { connection, remote } = pair();
  const answer = remote.silent();
  connection.close('the worker has crashed.');
  await expect(answer).rejects.toMatchObject({
    code: 'closed',
    message: '"silent" was not answered: the worker has crashed.',
  });
  await expect(remote.add(1, 2)).rejects.toMatchObject({ code: 'closed' });
});

test('when the one who serves closes, callers learn it and its subscriptions stop', async () => {
  const { served, connection, remote } = pair();
  const failed = Promise.withResolvers<RemoteError>();
  connection.subscribe('count', [1], () => undefined, { onError: failed.resolve });
  await remote.add(0, 0);
  const answer = remote.silent();
  served.close();
  await expect(answer).rejects.toMatchObject({ code: 'closed' });
  expect(await failed.promise).toMatchObject({ code: 'closed' });
  expect(stopped).toEqual(['count']);
});

test('bytes marked for transfer move both ways', async () => {
  const { remote } = pair();
  const bytes = Uint8Array.of(1, 2, 3);
  expect(await remote.reverse(transfer(bytes, [bytes.buffer]))).toEqual(Uint8Array.of(3, 2, 1));
  expect(bytes.byteLength).toBe(0);
});

test('a subscription delivers values and errors until it is ended, then stops at the other end', async () => {
  const { connection, remote } = pair();
  const values = collector<number>(2);
  const failed = Promise.withResolvers<RemoteError>();
  const seen: number[] = [];
  const unsubscribe = connection.subscribe(
    'count',
    [7],
    (value) => {
      seen.push(value);
      values.add(value);
    },
    { onError: failed.resolve },
  );
  await remote.add(0, 0);
  sinks[0]?.push(8);
  expect(await values.promise).toEqual([7, 8]);
  sinks[0]?.fail(new Coded('gone'));
  expect(await failed.promise).toMatchObject({ code: 'no-such-book' });
  unsubscribe();
  await remote.add(0, 0);
  sinks[0]?.push(9);
  await remote.add(0, 0);
  expect(seen).toEqual([7, 8]);
  expect(stopped).toEqual(['count']);
});

test('events reach everyone who listens, and nobody who stopped', async () => {
  const { served, connection, remote } = pair();
  const first = collector<string[]>(1);
  const ended: string[][] = [];
  connection.on('changed', ({ tables }) => first.add(tables));
  connection.on('changed', ({ tables }) => ended.push(tables))();
  served.emit('changed', { tables: ['book'] });
  expect(await first.promise).toEqual([['book']]);
  await remote.add(0, 0);
  expect(ended).toEqual([]);
});

test('foreign messages on the same port are left alone', async () => {
  const { port1, port2 } = channel();
  serve(port1, methods);
  const { remote } = connect<typeof methods>(port2, { deadlineMs: 5_000 });
  for (const message of [
    null,
    'text',
    { rpc: 'call' },
    { rpc: 'failure', id: 1 },
    { type: 'SKIP_WAITING' },
  ]) {
    port2.postMessage(message);
    port1.postMessage(message);
  }
  expect(await remote.add(4, 4)).toBe(8);
});
