import { expect, test } from 'vitest';
import { FrameQueue } from './frame-queue.ts';

const SMALL = 10;
const LARGE = 100_000;

/** A queue before a thread that does one thing at a time, when it is told to. */
function queueOf() {
  const queue = new FrameQueue();
  const begun: string[] = [];
  const endings: (() => void)[] = [];
  const add = (connection: number, bytes: number, name: string) =>
    queue.add(connection, bytes, () => {
      begun.push(name);
      return new Promise<string>((resolve) => endings.push(() => resolve(name)));
    });
  /** Ends what is under way, one after another, until nothing is left. */
  const workOff = async () => {
    for (let end = endings.shift(); end !== undefined; end = endings.shift()) {
      end();
      await new Promise(setImmediate);
    }
  };
  return { add, begun, workOff };
}

test('what one connection brings stays in order, whatever its size', async () => {
  const { add, begun, workOff } = queueOf();
  const done = [add(1, LARGE, 'a'), add(1, SMALL, 'b'), add(1, LARGE, 'c'), add(1, SMALL, 'd')];
  await workOff();
  expect(begun).toEqual(['a', 'b', 'c', 'd']);
  expect(await Promise.all(done)).toEqual(['a', 'b', 'c', 'd']);
});

test('a thread never has more than it works on and the next', async () => {
  const { add, begun, workOff } = queueOf();
  for (const name of ['a', 'b', 'c', 'd']) void add(1, LARGE, name);
  expect(begun).toEqual(['a', 'b']);
  await workOff();
  expect(begun).toHaveLength(4);
});

test('of what is small it has many, so that acknowledgements do not wait for each other', async () => {
  const { add, begun, workOff } = queueOf();
  for (let connection = 1; connection <= 200; connection += 1) void add(connection, SMALL, 'small');
  expect(begun).toHaveLength(64);
  await workOff();
  expect(begun).toHaveLength(200);
});

test('a batch whose turn has come is not put off by what is small', async () => {
  const { add, begun, workOff } = queueOf();
  for (const name of ['a1', 'a2', 'a3']) void add(1, LARGE, name);
  for (let connection = 2; connection <= 60; connection += 1) void add(connection, SMALL, 'small');
  await workOff();
  expect(begun.indexOf('a3')).toBeLessThan(20);
  expect(begun).toHaveLength(62);
});

test('connections have their turns, and a ping overtakes the batches of others', async () => {
  const { add, begun, workOff } = queueOf();
  for (const name of ['a1', 'a2', 'a3', 'a4']) void add(1, LARGE, name);
  for (const name of ['b1', 'b2']) void add(2, LARGE, name);
  void add(3, SMALL, 'ping');
  await workOff();
  expect(begun).toEqual(['a1', 'a2', 'ping', 'a3', 'b1', 'a4', 'b2']);
});

test('a flood of small ones does not keep a batch from its turn', async () => {
  const { add, begun, workOff } = queueOf();
  for (let connection = 1; connection <= 100; connection += 1) void add(connection, SMALL, 'small');
  void add(200, LARGE, 'batch');
  await workOff();
  expect(begun.indexOf('batch')).toBeLessThan(70);
  expect(begun).toHaveLength(101);
});

test('one that fails is told, and the others go on', async () => {
  const queue = new FrameQueue();
  const failing = queue.add(1, SMALL, () => Promise.reject(new Error('lost')));
  const following = queue.add(1, SMALL, () => Promise.resolve('there'));
  await expect(failing).rejects.toThrow('lost');
  expect(await following).toBe('there');
});
