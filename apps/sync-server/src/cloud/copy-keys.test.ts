import fc from 'fast-check';
import { expect, test } from 'vitest';
import { copyKey, type CopyName, lineageMarkerKey, parseCopyKey, parseLineageMarker } from './copy-keys.ts';
import { segmentsOf } from './store/object-key.ts';

const id = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex'));
const name: fc.Arbitrary<CopyName> = fc.record({
  database: fc.constantFrom('shop.sqlite3', 'a.db', '1-2_3.sqlite'),
  lineage: id,
  site: id,
  version: fc.nat(),
  epoch: id,
  kind: fc.constantFrom('snapshot', 'changes'),
});

test('a key says what the object is', () => {
  fc.assert(
    fc.property(name, (copy) => {
      expect(parseCopyKey(copyKey(copy))).toEqual(copy);
      expect(segmentsOf(copyKey(copy))).toHaveLength(4);
    }),
  );
});

test('keys of a site are in the order of their versions', () => {
  fc.assert(
    fc.property(name, fc.nat(), (copy, other) => {
      const [left, right] = [copyKey(copy), copyKey({ ...copy, version: other })];
      expect(Math.sign(copy.version - other)).toBe(left === right ? 0 : left < right ? -1 : 1);
    }),
  );
});

test('markers are in the order of the lineages’ foundation', () => {
  const lineage = 'ab'.repeat(16);
  const marker = { database: 'shop.sqlite3', foundedAt: Date.UTC(2026, 10, 21), lineage };
  expect(parseLineageMarker(lineageMarkerKey(marker))).toEqual(marker);
  expect(lineageMarkerKey({ ...marker, foundedAt: 5 }) < lineageMarkerKey(marker)).toBe(true);
});

test.each([
  '',
  'shop.sqlite3',
  'shop.sqlite3/lineages/x',
  'shop.sqlite3/a/b/1-c.changes',
  '../../etc/passwd',
])('"%s" is none of our keys', (key) => {
  expect(parseCopyKey(key)).toBeUndefined();
  expect(parseLineageMarker(key)).toBeUndefined();
});
