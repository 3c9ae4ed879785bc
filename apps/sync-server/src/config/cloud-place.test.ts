import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { type CloudPlace, parseCloudPlace } from './cloud-place.ts';

test.each<[string, CloudPlace]>([
  ['off', { kind: 'off' }],
  ['file', { kind: 'folder', path: undefined }],
  ['file:elsewhere', { kind: 'folder', path: resolve('elsewhere') }],
  ['file:/mnt/other disk', { kind: 'folder', path: '/mnt/other disk' }],
  ['file:///mnt/other', { kind: 'folder', path: '/mnt/other' }],
  ['s3://our-shops', { kind: 's3', bucket: 'our-shops', prefix: '' }],
  ['s3://our-shops/octavo/north/', { kind: 's3', bucket: 'our-shops', prefix: 'octavo/north/' }],
])('"%s" is a place', (text, place) => {
  expect(parseCloudPlace(text)).toEqual(place);
});

test.each(['', 'on', 'file:', 's3://', 's3://B', 's3://bucket/../x', 'https://bucket', '/folder'])(
  '"%s" is none',
  (text) => {
    expect(parseCloudPlace(text)).toBeUndefined();
  },
);
