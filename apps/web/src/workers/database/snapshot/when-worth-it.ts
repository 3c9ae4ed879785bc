/** Fewer changes are streamed before a server has made a snapshot and this device has changed over to it. */
export const LEAST_BACKLOG = 50_000;

/** What a shop's line gives, at least often. Nobody knows it before, and being wrong costs seconds. */
const LINE_BYTES_PER_SECOND = 2_500_000;
/** A change in a compressed batch. */
const BYTES_PER_CHANGE = 15;
/** Changes that an ordinary device merges while it shows screens as well. */
const MERGED_PER_SECOND = 20_000;
/** A database as it is decompressed, hashed and written. */
const WRITTEN_BYTES_PER_SECOND = 40_000_000;
/** Opening it, and changing over to it. */
const CHANGE_OVER_SECONDS = 1;

/** What a snapshot is, and how much of it is still to come. */
export interface Offered {
  /** Changes in it. */
  cells: number;
  /** Where the server's log ended when it was made. */
  version: number;
  /** Of the database in it. */
  databaseBytes: number;
  /** Of the compressed file. */
  bytesToCome: number;
}

/** How a replica stands to the server. */
export interface Standing {
  /** Changes that the server said it would send: it does not count beyond some number. */
  backlog: number;
  /** How much of the server's log the replica has. */
  cursor: number;
}

/** Whether a replica is sooner where it wants to be with a snapshot than by streaming. */
export function isWorthIt(offered: Offered, standing: Standing): boolean {
  const changes = changesToCome(offered, standing);
  if (changes < LEAST_BACKLOG) return false;
  const streaming = (changes * BYTES_PER_CHANGE) / LINE_BYTES_PER_SECOND + changes / MERGED_PER_SECOND;
  const { bytesToCome, databaseBytes } = offered;
  const fetching = bytesToCome / LINE_BYTES_PER_SECOND + databaseBytes / WRITTEN_BYTES_PER_SECOND;
  return fetching + CHANGE_OVER_SECONDS < streaming;
}

/** At least what was announced; what lies beyond the server's count is judged by how far its log has grown. */
export function changesToCome(
  { cells, version }: Pick<Offered, 'cells' | 'version'>,
  { backlog, cursor }: Standing,
): number {
  const newer = version > cursor ? (version - cursor) / version : 0;
  return Math.max(backlog, Math.round(cells * newer));
}
