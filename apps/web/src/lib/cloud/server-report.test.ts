import { expect, test } from 'vitest';
import { checkStatusFrom } from './cloud-api.ts';
import { cloudReportFrom } from './server-report.ts';

test('the server’s report of a copy is read, and what it leaves out is left out', () => {
  const report = cloudReportFrom({
    state: 'failed',
    failure: 'full',
    message: 'There is no room.',
    place: null,
    size: { bytes: 700_000, level: 'noted', advice: 'Nothing has to be done.' },
    uploads: { partsPerDay: 3 },
  });
  expect(report).toEqual({
    place: undefined,
    message: 'There is no room.',
    bytes: 700_000,
    advice: 'Nothing has to be done.',
    snapshotBytes: undefined,
    snapshotMs: undefined,
    partsPerDay: 3,
  });
  expect(cloudReportFrom({ state: 'off', size: null })).toMatchObject({
    bytes: undefined,
    advice: undefined,
  });
});

test('what is no report, such as a refusal or the page of a proxy, is none', () => {
  for (const body of [undefined, '<html>', { error: 'not-found', message: 'No.' }])
    expect(cloudReportFrom(body)).toBeUndefined();
});

test('the status of a check is read as far as it makes sense', () => {
  const body = { status: 'downloading', message: 'Half.', progress: 7, is_syncing: true, needs_reload: 'no' };
  expect(checkStatusFrom(body)).toEqual({
    status: 'downloading',
    message: 'Half.',
    progress: 1,
    isSyncing: true,
    needsReload: false,
    fileSizeMb: 0,
  });
  expect(checkStatusFrom({ status: 'dancing' })).toBeUndefined();
});
