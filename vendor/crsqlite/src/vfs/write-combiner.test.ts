import fc from 'fast-check';
import { expect, test } from 'vitest';

import { FULL, IOERR_WRITE } from '../result-codes.ts';
import { StorageError } from './file-system.ts';
import { MemoryFile } from './memory-file.ts';
import { WriteCombiner } from './write-combiner.ts';

type Step =
  | { kind: 'write'; offset: number; bytes: Uint8Array }
  | { kind: 'read'; offset: number; length: number }
  | { kind: 'truncate'; size: number }
  | { kind: 'size' }
  | { kind: 'sync' };

const offset = fc.nat(40).map((n) => n * 100);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    offset,
    bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }),
  }),
  fc.record({ kind: fc.constant('read' as const), offset, length: fc.integer({ min: 1, max: 500 }) }),
  fc.record({ kind: fc.constant('truncate' as const), size: offset }),
  fc.record({ kind: fc.constant('size' as const) }),
  fc.record({ kind: fc.constant('sync' as const) }),
);

/** What a step lets its caller see; past the bytes read, zeros, as SQLite is given them. */
function run(file: MemoryFile | WriteCombiner, next: Step): unknown {
  switch (next.kind) {
    case 'write':
      file.write(next.bytes, next.offset);
      return undefined;
    case 'read': {
      const into = new Uint8Array(next.length);
      file.read(into, next.offset);
      return into;
    }
    case 'truncate':
      file.truncate(next.size);
      return undefined;
    case 'size':
      return file.size();
    case 'sync':
      file.sync();
      return undefined;
  }
}

test('whoever uses a file through it sees what he would see without it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const plain = new MemoryFile();
      const stored = new MemoryFile();
      const combined = new WriteCombiner(stored);
      for (const next of steps) expect(run(combined, next)).toEqual(run(plain, next));
      combined.close();
      expect(stored.content()).toEqual(plain.content());
    }),
  );
});

test('writes that follow each other reach the file as one, at the next sync', () => {
  const writes: number[] = [];
  const file = new WriteCombiner(
    Object.assign(new MemoryFile(), { write: (bytes: Uint8Array) => void writes.push(bytes.byteLength) }),
  );
  for (let page = 0; page < 40; page += 1) file.write(new Uint8Array(4096), page * 4096);
  file.sync();
  expect(writes).toEqual([65_536, 65_536, 32_768]);
});

test('a write that could not be handed on is not lost: it fails the sync, and the next one hands it on', () => {
  const stored = new MemoryFile();
  let fails = true;
  const flaky = Object.assign(new MemoryFile(), {
    write(bytes: Uint8Array, at: number) {
      if (fails) throw new StorageError('not now', IOERR_WRITE);
      stored.write(bytes, at);
    },
  });
  const file = new WriteCombiner(flaky);
  file.write(Uint8Array.of(1, 2), 0);
  expect(() => file.sync()).toThrow('not now');
  fails = false;
  file.sync();
  expect([...stored.content()]).toEqual([1, 2]);
});

test('on a full disk what did not fit can still be measured, read and cut off', () => {
  const stored = new MemoryFile();
  stored.write(new Uint8Array(100).fill(1), 0);
  const full = Object.assign(new MemoryFile(), {
    size: () => stored.size(),
    read: (into: Uint8Array, at: number) => stored.read(into, at),
    truncate: (size: number) => stored.truncate(size),
    write(bytes: Uint8Array, at: number) {
      if (at + bytes.byteLength > 100) throw new StorageError('no room', FULL);
      stored.write(bytes, at);
    },
  });
  const file = new WriteCombiner(full);
  file.write(new Uint8Array(50).fill(2), 80);
  expect(() => file.sync()).toThrow('no room');
  expect(file.size()).toBe(130);
  const tail = new Uint8Array(4);
  expect(file.read(tail, 128)).toBe(2);
  expect([...tail]).toEqual([2, 2, 0, 0]);
  file.truncate(100);
  file.sync();
  expect(stored.size()).toBe(100);
});
