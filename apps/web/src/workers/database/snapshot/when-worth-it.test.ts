import { expect, test } from 'vitest';
import { changesToCome, isWorthIt } from './when-worth-it.ts';

/** 100,000 books. */
const catalogue = { cells: 700_000, version: 1_000, databaseBytes: 52_000_000, bytesToCome: 14_900_000 };

test('a new replica of a large shop takes the snapshot, however little the server has counted', () => {
  expect(isWorthIt(catalogue, { backlog: 200_000, cursor: 0 })).toBe(true);
});

test('a shop that is streamed within a second or two is streamed', () => {
  const small = { cells: 14_000, version: 20, databaseBytes: 1_000_000, bytesToCome: 300_000 };
  expect(isWorthIt(small, { backlog: 14_000, cursor: 0 })).toBe(false);
});

test('who lacks a little of a large shop streams it, who lacks much does not', () => {
  expect(isWorthIt(catalogue, { backlog: 60_000, cursor: 990 })).toBe(false);
  expect(isWorthIt(catalogue, { backlog: 200_000, cursor: 100 })).toBe(true);
});

test('a download that is nearly done is finished', () => {
  const standing = { backlog: 100_000, cursor: 950 };
  expect(isWorthIt(catalogue, standing)).toBe(false);
  expect(isWorthIt({ ...catalogue, bytesToCome: 1_000_000 }, standing)).toBe(true);
});

test('what the server has not counted is judged by how far its log has grown', () => {
  expect(changesToCome(catalogue, { backlog: 200_000, cursor: 500 })).toBe(350_000);
  expect(changesToCome(catalogue, { backlog: 200_000, cursor: 999 })).toBe(200_000);
  // The snapshot is older than what the replica has.
  expect(changesToCome(catalogue, { backlog: 60_000, cursor: 1_010 })).toBe(60_000);
});
