import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { closeCodes } from './close-codes.ts';
import { goldenFrames } from './golden-frames.ts';
import { cloudFailures, cloudStates, definitions, refuseReasons } from './messages.ts';

const page = readFileSync(new URL('../../../docs/protocol.md', import.meta.url), 'utf8');
const packed = page.replaceAll(/\s+/g, '');

test('the page names every message under its number', () => {
  for (const { code, name } of definitions) expect(page).toMatch(new RegExp(`\\| ${code} +\\| ${name} `));
});

test('the page has every vector', () => {
  for (const { hex } of goldenFrames) expect(packed).toContain(hex);
});

test('the page lists every reason, close code, and state and failure of the copy', () => {
  for (const words of [refuseReasons, cloudStates, cloudFailures])
    for (const [index, word] of words.entries())
      expect(page).toMatch(new RegExp(`\\| ${index} +\\| ${word} `));
  for (const [reason, code] of Object.entries(closeCodes))
    expect(page).toMatch(new RegExp(`${code} +\\| ${reason} `));
});
