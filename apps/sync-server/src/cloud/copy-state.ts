import type { CloudFailure } from '@octavo/protocol/messages.ts';
import type { CopyMark } from '@octavo/sync/copy/copy-mark.ts';
import type { CloudReport } from '@octavo/sync/server/cloud-news.ts';

/** Which upload was the last one that succeeded; version 0 for none. */
interface Uploaded {
  version: number;
  /** Everything up to this version of the log is there. */
  through: bigint;
  /** When, by the wall clock, ms. */
  at: number | undefined;
}

/** Whether what is in a database is also outside the server's disk. */
export type CopyState =
  | (Uploaded & { state: 'current' })
  /** `failing` where the upload before this one failed. */
  | (Uploaded & { state: 'uploading'; failing: CloudFailure | undefined })
  | (Uploaded & { state: 'failed'; failure: CloudFailure; message: string });

/** Why a copy fails, from the failure until an upload has succeeded; undefined while it does not. */
export function failureOf(state: CopyState | undefined): CloudFailure | undefined {
  switch (state?.state) {
    case 'failed':
      return state.failure;
    case 'uploading':
      return state.failing;
    case 'current':
    case undefined:
      return undefined;
  }
}

/** What of a mark is shown. */
export function uploadedUpTo(mark: CopyMark | undefined): Uploaded {
  if (mark === undefined) return { version: 0, through: 0n, at: undefined };
  const { version, uploadedThrough: through, uploadedAt } = mark;
  return { version, through, at: uploadedAt === 0 ? undefined : uploadedAt };
}

const shown = { current: 'copied', uploading: 'copying', failed: 'failed' } as const;

/** What clients are told; `undefined` stands for a server that keeps no copies. */
export function toReport(state: CopyState | undefined): Omit<CloudReport, 'site'> {
  if (state === undefined)
    return { state: 'off', failure: undefined, version: 0, through: 0n, copiedAt: undefined };
  const { version, through, at } = state;
  const copiedAt = at === undefined ? undefined : Math.round(at);
  return { state: shown[state.state], failure: failureOf(state), version, through, copiedAt };
}
