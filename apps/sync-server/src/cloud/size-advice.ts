import type { Uploads } from './upload-counts.ts';

/** An upload of the whole file that takes longer keeps the copy behind for that long. */
const SLOW_SNAPSHOT_MS = 5_000;
/** Stores charge for requests. */
const MANY_PARTS = 5_000;
/** Beyond this size a new device waits for its first copy. */
const LARGE_FILE_BYTES = 200 * 1024 * 1024;

/** What to do about a database of this size, given what its copies cost: nothing, mostly. */
export function adviceFor(bytes: number, uploads: Uploads): string {
  const { snapshotBytes, snapshotMs, partsPerDay } = uploads;
  const advice: string[] = [];
  if (snapshotBytes !== undefined && snapshotMs !== undefined) {
    const copy = `A copy of the whole file is ${megabytes(snapshotBytes)} MB and took ${(snapshotMs / 1000).toFixed(1)} s`;
    advice.push(
      snapshotMs > SLOW_SNAPSHOT_MS
        ? `${copy}: choose a store that is nearer, or a faster line.`
        : `${copy}, now and then; each write between uploads only what was written.`,
    );
  }
  if (partsPerDay > MANY_PARTS)
    advice.push(
      `${partsPerDay} objects were uploaded within a day: look at what the store charges for requests.`,
    );
  if (bytes > LARGE_FILE_BYTES)
    advice.push('New devices wait for a file of this size: archive what is no longer needed.');
  if (advice.length === 0) advice.push('Nothing has to be done: shops of 30 MB and more are usual.');
  return advice.join(' ');
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(1);
}
