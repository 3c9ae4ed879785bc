import { expect, test } from 'vitest';
import { readAnswer } from './snapshot-answer.ts';
import type { StoredDownload } from './stored-download.ts';

const sha256 = 'ab'.repeat(32);
const offer = { etag: `"${sha256}"`, sha256, bytes: 100, databaseBytes: 400, cells: 7, version: 3 };
const stored: StoredDownload = { offer, size: 60, refused: false };

function answer(status: number, headers: Record<string, string> = {}): Pick<Response, 'status' | 'headers'> {
  const described = {
    etag: offer.etag,
    'octavo-sha256': sha256,
    'octavo-database-bytes': '400',
    'octavo-cells': '7',
    'octavo-db-version': '3',
  };
  return { status, headers: new Headers({ ...described, ...headers }) };
}

const failing = (code: string) => expect.objectContaining({ name: 'SnapshotFailure', code }) as Error;

test('a whole file replaces what is stored of another one', () => {
  expect(readAnswer(answer(200, { 'content-length': '100' }), stored)).toEqual({ kind: 'begins', offer });
});

test('a part goes on where what is stored ends', () => {
  const part = answer(206, { 'content-length': '40', 'content-range': 'bytes 60-99/100' });
  expect(readAnswer(part, stored)).toEqual({ kind: 'goes-on', offer });
});

test.for([
  ['from elsewhere', { 'content-range': 'bytes 50-99/100' }],
  ['of another file', { 'content-range': 'bytes 60-99/100', etag: '"other"' }],
  ['that does not say which', {}],
] as const)('a part %s is not taken', ([, headers]) => {
  expect(() => readAnswer(answer(206, headers), stored)).toThrow(failing('unsuitable'));
});

test('where all bytes are there, none are sent', () => {
  const nothing = answer(416, { 'content-range': 'bytes */100' });
  expect(readAnswer(nothing, { ...stored, size: 100 })).toEqual({ kind: 'complete', offer });
  expect(() => readAnswer(nothing, stored)).toThrow(failing('damaged'));
});

test.for([304, 400, 401, 403, 404, 409])('%i: the replica is filled by streaming', (status) => {
  expect(() => readAnswer(answer(status), stored)).toThrow(failing('unsuitable'));
});

test.for([429, 500, 503])('%i may pass', (status) => {
  expect(() => readAnswer(answer(status), stored)).toThrow(failing('unavailable'));
});

test('what is no snapshot, such as the page of some other server, is not taken for one', () => {
  const page = {
    status: 200,
    headers: new Headers({ 'content-type': 'text/html', 'content-length': '900' }),
  };
  expect(() => readAnswer(page, undefined)).toThrow(failing('unsuitable'));
  expect(() => readAnswer(answer(200, { 'content-length': '100', etag: 'W/"weak"' }), undefined)).toThrow(
    failing('unsuitable'),
  );
});
