/** A copy of the whole file, or what was written since the copy before. */
export type CopyKind = 'snapshot' | 'changes';

/** One object of a database's copy. Each site writes below its own prefix, and no key is ever used twice. */
export interface CopyName {
  database: string;
  /** Hexadecimal, as all ids here. */
  lineage: string;
  site: string;
  /** Counts the uploads of a site from 1. */
  version: number;
  /** The site's epoch: after a crash the same version may be uploaded again, with other content. */
  epoch: string;
  kind: CopyKind;
}

/** A shop that began under a database's name: the newest is the one that a server without a file goes on with. */
export interface LineageMarker {
  database: string;
  /** Wall clock of the server that founded it, ms. */
  foundedAt: number;
  lineage: string;
}

/** So that keys are in the order of their versions. */
const VERSION_DIGITS = 12;
const TIME_DIGITS = 15;

const objectKey = /^([^/]+)\/([0-9a-f]{32})\/([0-9a-f]{32})\/(\d{12})-([0-9a-f]{32})\.(snapshot|changes)$/;
const markerKey = /^([^/]+)\/lineages\/(\d{15})-([0-9a-f]{32})$/;

export function copyKey({ database, lineage, site, version, epoch, kind }: CopyName): string {
  return `${siteFolder({ database, lineage, site })}${padded(version, VERSION_DIGITS)}-${epoch}.${kind}`;
}

/** Undefined for a key that is none of ours. */
export function parseCopyKey(key: string): CopyName | undefined {
  const [, database = '', lineage = '', site = '', version, epoch = '', kind] = objectKey.exec(key) ?? [];
  if (kind !== 'snapshot' && kind !== 'changes') return undefined;
  return { database, lineage, site, version: Number(version), epoch, kind };
}

export function siteFolder({
  database,
  lineage,
  site,
}: Pick<CopyName, 'database' | 'lineage' | 'site'>): string {
  return `${lineageFolder(database, lineage)}${site}/`;
}

export function lineageFolder(database: string, lineage: string): string {
  return `${database}/${lineage}/`;
}

export function markersFolder(database: string): string {
  return `${database}/lineages/`;
}

export function lineageMarkerKey({ database, foundedAt, lineage }: LineageMarker): string {
  return `${markersFolder(database)}${padded(foundedAt, TIME_DIGITS)}-${lineage}`;
}

/** Undefined for a key that is none of ours. */
export function parseLineageMarker(key: string): LineageMarker | undefined {
  const [whole, database = '', foundedAt, lineage = ''] = markerKey.exec(key) ?? [];
  return whole === undefined ? undefined : { database, foundedAt: Number(foundedAt), lineage };
}

function padded(value: number, digits: number): string {
  return String(Math.round(value)).padStart(digits, '0');
}
