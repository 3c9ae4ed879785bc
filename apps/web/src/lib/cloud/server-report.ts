import type { ServerAccess } from '../http/server-http.ts';
import { fieldOf, numberOf, readJson, textOf } from './cloud-api.ts';

/** What the server itself says of a shop's copy and size, for whoever looks after it. */
export interface CloudReport {
  /** Where the copy is kept, for those who may know. */
  place: string | undefined;
  /** Why it fails, in the server's words. */
  message: string | undefined;
  bytes: number | undefined;
  /** What to do about a database of this size; undefined for a small one. */
  advice: string | undefined;
  /** Of the last copy of the whole file, and how long it took. */
  snapshotBytes: number | undefined;
  snapshotMs: number | undefined;
  partsPerDay: number | undefined;
}

/** Undefined where no answer comes that makes sense. */
export async function readCloudReport(access: ServerAccess): Promise<CloudReport | undefined> {
  return cloudReportFrom(await readJson(access, `${encodeURIComponent(access.database)}/cloud`));
}

/** The report in the body of an answer. */
export function cloudReportFrom(body: unknown): CloudReport | undefined {
  if (textOf(body, 'state') === '') return undefined;
  const [size, uploads] = [fieldOf(body, 'size'), fieldOf(body, 'uploads')];
  const text = (from: unknown, name: string) => textOf(from, name) || undefined;
  return {
    place: text(body, 'place'),
    message: text(body, 'message'),
    bytes: numberOf(fieldOf(size, 'bytes')),
    advice: text(size, 'advice'),
    snapshotBytes: numberOf(fieldOf(uploads, 'snapshotBytes')),
    snapshotMs: numberOf(fieldOf(uploads, 'snapshotMs')),
    partsPerDay: numberOf(fieldOf(uploads, 'partsPerDay')),
  };
}
