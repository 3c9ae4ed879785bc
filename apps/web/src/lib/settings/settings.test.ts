import { expect, test } from 'vitest';
import { defaultSettings, settingsFrom } from './settings.ts';

test('a browser that has stored nothing has the defaults', () => {
  expect(settingsFrom(undefined)).toEqual(defaultSettings);
});

test('what was stored is kept, what is missing or broken is the default', () => {
  expect(settingsFrom({ database: 'north.db', syncOn: false, currency: 3, token: '' })).toEqual({
    ...defaultSettings,
    database: 'north.db',
    syncOn: false,
  });
});
