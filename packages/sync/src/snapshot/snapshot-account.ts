import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion, Epoch, Lineage } from '@octavo/protocol/identity.ts';
import { sameId } from '@octavo/protocol/identity.ts';
import { agreement, type LogKnowledge } from '../epochs.ts';

/** What a snapshot is a picture of. */
export interface SnapshotAccount {
  lineage: Lineage;
  /** Where the server's log ended. */
  version: DbVersion;
  /** The server's epochs up to there, oldest first. */
  epochs: readonly Epoch[];
  schemaName: string;
  schemaVersion: number;
}

/**
 * Whether everything in a snapshot is still part of a server's log: not once the database was rebuilt, or replaced by an
 * older copy of itself.
 */
export function isOfLog(
  snapshot: Pick<SnapshotAccount, 'lineage' | 'version' | 'epochs'>,
  log: { lineage: Lineage } & LogKnowledge,
): boolean {
  const { lineage, version, epochs } = snapshot;
  return sameId(lineage, log.lineage) && agreement({ epochs, position: version }, log) === version;
}

/** Marks a file as a snapshot that nobody has adopted, and says of what. */
const TABLE = `
  CREATE TABLE octavo_snapshot (
    singleton INTEGER PRIMARY KEY CHECK (singleton = 0),
    version INTEGER NOT NULL,
    schema_name TEXT NOT NULL,
    schema_version INTEGER NOT NULL
  ) STRICT;
`;

export const MARK_TABLE = 'octavo_snapshot';

export type SnapshotMark = Pick<SnapshotAccount, 'version' | 'schemaName' | 'schemaVersion'>;

export function writeMark(database: Database, { version, schemaName, schemaVersion }: SnapshotMark): void {
  database.exec(TABLE);
  database
    .prepare(
      'INSERT INTO octavo_snapshot (singleton, version, schema_name, schema_version) VALUES (0, ?, ?, ?)',
    )
    .run(version, schemaName, schemaVersion);
}

/** Undefined for a file that is not a snapshot, or no longer one. */
export function readMark(database: Database): SnapshotMark | undefined {
  const known = database
    .prepare("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .get(MARK_TABLE);
  if (known === undefined) return undefined;
  const row = database
    .prepare('SELECT version, schema_name, schema_version FROM octavo_snapshot')
    .exact<[bigint, string, bigint]>()
    .get();
  if (row === undefined) return undefined;
  const [version, schemaName, schemaVersion] = row;
  return { version, schemaName, schemaVersion: Number(schemaVersion) };
}
