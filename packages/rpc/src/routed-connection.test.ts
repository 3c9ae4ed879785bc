import { expect, test } from 'vitest';
import { channelPort } from './channel-port.ts';
import { RoutedConnection } from './routed-connection.ts';
import type { Sink } from './serve.ts';
import { serve } from './serve.ts';

interface Methods {
  add(id: string, amount: number): Promise<number>;
}
interface Subscriptions {
  total(sink: Sink<number>): () => void;
}

/** A shared count behind several ends; an end that is mute does what it is asked but never answers. */
function world() {
  const done = new Map<string, number>();
  const runs: string[] = [];
  const open: (() => void)[] = [];
  let total = 0;

  function end({ mute = false, deaf = false } = {}) {
    const name = crypto.randomUUID();
    const here = new BroadcastChannel(name);
    const there = new BroadcastChannel(name);
    open.push(() => [here, there].forEach((channel) => channel.close()));
    const methods: Methods = {
      add: (id, amount) => {
        if (deaf) return new Promise(() => undefined);
        if (!done.has(id)) {
          runs.push(id);
          total += amount;
          done.set(id, total);
        }
        return mute ? new Promise(() => undefined) : Promise.resolve(done.get(id) ?? 0);
      },
    };
    const served = serve<Methods, Subscriptions>(channelPort(there), methods, {
      subscriptions: {
        total: (sink) => {
          sink.push(total);
          return () => undefined;
        },
      },
    });
    return { port: channelPort(here), close: () => served.close() };
  }
  return {
    runs,
    end,
    [Symbol.dispose]: () => {
      for (const close of open) close();
    },
  };
}

const connectionOf = (deadlineMs = 2_000) => new RoutedConnection<Methods, Subscriptions>({ deadlineMs });

test('calls wait until there is an end to send them to', async () => {
  using it = world();
  const connection = connectionOf();
  const answer = connection.call('add', ['a', 2]);
  connection.attach(it.end().port);
  expect(await answer).toBe(2);
});

test('a call that was done but not answered is asked again at the next end, and not done twice', async () => {
  using it = world();
  const connection = connectionOf();
  connection.attach(it.end({ mute: true }).port);
  const answer = connection.call('add', ['a', 2]);
  await expect.poll(() => it.runs).toEqual(['a']);
  connection.attach(it.end().port);
  expect(await answer).toBe(2);
  expect(it.runs).toEqual(['a']);
});

test('an end that says goodbye leaves its calls to the next one', async () => {
  using it = world();
  let closed = 0;
  const connection = new RoutedConnection<Methods, Subscriptions>({
    deadlineMs: 2_000,
    onClosed: () => (closed += 1),
  });
  const first = it.end({ deaf: true });
  connection.attach(first.port);
  const answer = connection.call('add', ['a', 2]);
  first.close();
  await expect.poll(() => closed).toBe(1);
  connection.attach(it.end().port);
  expect(await answer).toBe(2);
});

test('a call fails by name when nobody comes in time, and says whether it was ever sent', async () => {
  using it = world();
  const connection = connectionOf(50);
  await expect(connection.call('add', ['a', 2])).rejects.toMatchObject({ code: 'unreached' });
  connection.attach(it.end({ deaf: true }).port);
  await expect(connection.call('add', ['b', 2])).rejects.toMatchObject({ code: 'deadline' });
});

test('new calls are held back from an end that does not answer, and sent when it does again', async () => {
  using it = world();
  const connection = connectionOf();
  connection.attach(it.end().port);
  connection.pause();
  const answer = connection.call('add', ['a', 2]);
  const other = connectionOf();
  other.attach(it.end().port);
  await other.call('add', ['b', 1]);
  expect(it.runs).toEqual(['b']);
  connection.resume();
  expect(await answer).toBe(3);
});

test('subscriptions go on at the next end, without an error in between', async () => {
  using it = world();
  const connection = connectionOf();
  const values: number[] = [];
  const errors: unknown[] = [];
  connection.subscribe('total', [], (value) => values.push(value), {
    onError: (error) => errors.push(error),
  });
  connection.attach(it.end().port);
  await expect.poll(() => values).toEqual([0]);
  await connection.call('add', ['a', 5]);
  connection.attach(it.end().port);
  await expect.poll(() => values).toEqual([0, 5]);
  expect(errors).toEqual([]);
});

test('a closed connection fails what waits', async () => {
  const connection = connectionOf();
  const answer = connection.call('add', ['a', 2]);
  connection.close('the page is gone.');
  await expect(answer).rejects.toMatchObject({ code: 'closed' });
  await expect(connection.call('add', ['b', 2])).rejects.toMatchObject({ code: 'closed' });
});
