import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion, Lineage, SiteId } from '@octavo/protocol/identity.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_copy (
    lineage BLOB NOT NULL,
    site_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    uploaded_through INTEGER NOT NULL,
    uploaded_at INTEGER NOT NULL,
    snapshot_bytes INTEGER NOT NULL,
    changes_bytes INTEGER NOT NULL,
    PRIMARY KEY (lineage, site_id)
  ) STRICT, WITHOUT ROWID;
`;

/** How far a log is copied to outside this file's disk. */
export interface CopyMark {
  /** Counts the uploads. */
  version: number;
  /** Everything up to this version of the log is there. */
  uploadedThrough: DbVersion;
  /** Wall clock, ms. */
  uploadedAt: number;
  /** Bytes of the last full copy, and of the parts since. */
  snapshotBytes: number;
  changesBytes: number;
}

/**
 * The mark of a file's own copy outside [CC-3]: it belongs to the site and the lineage that uploaded it, so a file that was
 * put back, or begins anew, begins its copy anew. It is not replicated, and an upload may be there that it does not know.
 */
export class CopyMarks {
  readonly #database: Database;
  readonly #owner: () => [Lineage, SiteId];

  constructor(database: Database, owner: () => [Lineage, SiteId]) {
    this.#database = database;
    this.#owner = owner;
    database.exec(TABLE);
  }

  get(): CopyMark | undefined {
    const row = this.#database
      .prepare(
        `SELECT version, uploaded_through, uploaded_at, snapshot_bytes, changes_bytes
         FROM octavo_copy WHERE lineage = ? AND site_id = ?`,
      )
      .exact<[bigint, bigint, bigint, bigint, bigint]>()
      .get(...this.#owner());
    if (row === undefined) return undefined;
    const [version, uploadedThrough, uploadedAt, snapshotBytes, changesBytes] = row;
    return {
      version: Number(version),
      uploadedThrough,
      uploadedAt: Number(uploadedAt),
      snapshotBytes: Number(snapshotBytes),
      changesBytes: Number(changesBytes),
    };
  }

  /** On disk when it returns. */
  set({ version, uploadedThrough, uploadedAt, snapshotBytes, changesBytes }: CopyMark): void {
    this.#database
      .prepare('INSERT OR REPLACE INTO octavo_copy VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(...this.#owner(), version, uploadedThrough, Math.round(uploadedAt), snapshotBytes, changesBytes);
  }
}
