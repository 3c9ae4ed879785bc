/** What a server says of a snapshot before its bytes. */
export interface SnapshotOffer {
  /** As it came, with its quotation marks. The bytes behind it never change. */
  etag: string;
  /** Of the compressed file, in hexadecimal. */
  sha256: string;
  /** Of the compressed file. */
  bytes: number;
  /** Of the database in it. */
  databaseBytes: number;
  /** Changes in its log. */
  cells: number;
  /** Where the server's log ended when it was made. As a number: it is only compared roughly. */
  version: number;
}

const SHA256 = /^[\da-f]{64}$/;

/** Reads an offer off an answer's headers; `bytes` is the length of the whole file. Undefined where it is none. */
export function offerFrom(headers: Headers, bytes: number | undefined): SnapshotOffer | undefined {
  return parseOffer({
    etag: headers.get('etag'),
    sha256: headers.get('octavo-sha256'),
    bytes,
    databaseBytes: numberFrom(headers.get('octavo-database-bytes')),
    cells: numberFrom(headers.get('octavo-cells')),
    version: numberFrom(headers.get('octavo-db-version')),
  });
}

/** An offer as it was stored, or as headers give it; undefined for anything else. */
export function parseOffer(value: unknown): SnapshotOffer | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const field = (name: keyof SnapshotOffer): unknown => Reflect.get(value, name);
  const text = (name: 'etag' | 'sha256', pattern: RegExp): string | undefined => {
    const given = field(name);
    return typeof given === 'string' && pattern.test(given) ? given : undefined;
  };
  const count = (name: 'bytes' | 'databaseBytes' | 'cells' | 'version'): number | undefined => {
    const given = field(name);
    return typeof given === 'number' && Number.isSafeInteger(given) && given >= 0 ? given : undefined;
  };
  // A weak tag says that the content is alike, not that the bytes are the same.
  const etag = text('etag', /^"[^"]+"$/);
  const sha256 = text('sha256', SHA256);
  const [bytes, databaseBytes] = [count('bytes'), count('databaseBytes')];
  const [cells, version] = [count('cells'), count('version')];
  if (etag === undefined || sha256 === undefined || bytes === undefined || databaseBytes === undefined)
    return undefined;
  return cells === undefined || version === undefined
    ? undefined
    : { etag, sha256, bytes, databaseBytes, cells, version };
}

export function numberFrom(text: string | null): number | undefined {
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
