import { SnapshotFailure } from './snapshot-failure.ts';
import { numberFrom, offerFrom, type SnapshotOffer } from './snapshot-offer.ts';
import type { StoredDownload } from './stored-download.ts';

/** What the server's answer means for what is stored of a download. */
export type SnapshotAnswer =
  /** A file from its beginning: what is stored is of another one. */
  | { kind: 'begins'; offer: SnapshotOffer }
  /** The rest of the file that is stored in part. */
  | { kind: 'goes-on'; offer: SnapshotOffer }
  /** Nothing more is to come. */
  | { kind: 'complete'; offer: SnapshotOffer };

/** Throws {@link SnapshotFailure}. */
export function readAnswer(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  stored: StoredDownload | undefined,
): SnapshotAnswer {
  switch (status) {
    case 200: {
      const offer = offerFrom(headers, numberFrom(headers.get('content-length')));
      if (offer === undefined) throw notOurs('did not describe the snapshot');
      return { kind: 'begins', offer };
    }
    case 206: {
      const range = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(headers.get('content-range') ?? '');
      const offer = offerFrom(headers, numberFrom(range?.[3] ?? null));
      const goesOn =
        offer !== undefined && offer.etag === stored?.offer.etag && Number(range?.[1]) === stored.size;
      if (!goesOn) throw notOurs('sent a part that was not asked for');
      return { kind: 'goes-on', offer };
    }
    case 416:
      if (stored === undefined || stored.size !== stored.offer.bytes)
        throw new SnapshotFailure('damaged', 'More of the snapshot was stored than there is.');
      return { kind: 'complete', offer: stored.offer };
    case 304:
      throw new SnapshotFailure('unsuitable', 'The server still has the snapshot that could not be used.');
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
      throw new SnapshotFailure('unavailable', `The server cannot give a snapshot now (${status}).`);
    default:
      throw new SnapshotFailure('unsuitable', `The server gives no snapshot (${status}).`);
  }
}

function notOurs(what: string): SnapshotFailure {
  return new SnapshotFailure('unsuitable', `The server ${what}.`);
}
