import { httpAddress } from '#lib/http/http-address.ts';
import type { StoredDownload } from './stored-download.ts';

/** Where the snapshot of a database is, for an app that knows a version of the schema; undefined if the server has no address. */
export function snapshotAddress(
  { server, database }: { server: string; database: string },
  schemaVersion: number,
): URL | undefined {
  const address = httpAddress(server, `${encodeURIComponent(database)}/snapshot`);
  address?.searchParams.set('schemaVersion', String(schemaVersion));
  return address;
}

/** What goes with the request: who asks, and from where on. */
export function snapshotHeaders(token: string | undefined, stored: StoredDownload | undefined): Headers {
  const headers = new Headers({ accept: 'application/gzip' });
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  if (stored === undefined) return headers;
  const { etag } = stored.offer;
  if (stored.refused) {
    headers.set('if-none-match', etag);
  } else if (stored.size > 0) {
    headers.set('range', `bytes=${stored.size}-`);
    headers.set('if-range', etag);
  }
  return headers;
}
