import { expect, test } from 'vitest';
import { imageKind } from './image-kind.ts';

const bytes = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

test.each([
  ['\xff\xd8\xff\xe0', 'jpeg'],
  ['\x89PNG\r\n\x1a\n', 'png'],
  ['RIFF\0\0\0\0WEBPVP8 ', 'webp'],
  ['GIF89a', 'other-picture'],
  ['\0\0\0\x18ftypheic', 'other-picture'],
  ['\0\0\0\x20ftypavif', 'other-picture'],
])('%j is a picture', (head, kind) => {
  expect(imageKind(bytes(head))).toBe(kind);
});

test.each([
  '',
  'This is a text.',
  '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
  '<?xml version="1.0"?><svg/>',
  '%PDF-1.7',
  '\0\0\0\x18ftypmp42',
])('%j is none', (head) => {
  expect(imageKind(bytes(head))).toBeUndefined();
});
