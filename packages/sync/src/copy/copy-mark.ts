import type { Database } from '@octavo/crsqlite/database.ts';
import type { DbVersion, Lineage, SiteId } from '@octavo/protocol/identity.ts';

const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_copy (
    lineage BLOB NOT NULL,
    site_id BLOB NOT NULL,
    place TEXT NOT NULL,
    version INTEGER NOT NULL,
    uploaded_through INTEGER NOT NULL,
    uploaded_at INTEGER NOT NULL,
    snapshot_bytes INTEGER NOT NULL,
    changes_bytes INTEGER NOT NULL,
    changes_count INTEGER NOT NULL,
    PRIMARY KEY (lineage, site_id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS octavo_copy_merged (
    lineage BLOB NOT NULL,
    site_id BLOB NOT NULL,
    version INTEGER NOT NULL,
    epoch BLOB NOT NULL,
    through INTEGER NOT NULL,
    PRIMARY KEY (lineage, site_id, version, epoch)
  ) STRICT, WITHOUT ROWID;
`;

/** How far a log is copied to outside this file's disk. */
export interface CopyMark {
  /** Where the copy is: in another place there is none. Empty while there is none anywhere. */
  place: string;
  /**
   * Counts the uploads of this site. 0 where there was none: everything was put together from the copies of others, or the shop
   * was begun on purpose under a name of which there may be copies.
   */
  version: number;
  /** Everything up to this version of the log is there. */
  uploadedThrough: DbVersion;
  /** Wall clock, ms. */
  uploadedAt: number;
  /** Bytes of the last full copy, and of the parts since. */
  snapshotBytes: number;
  changesBytes: number;
  /** How many parts those are. */
  changesCount: number;
}

/** The newest copy of another site that is merged here. */
export interface MergedCopy {
  site: SiteId;
  version: number;
  /** After a crash the site may upload the same version again, with more in it. */
  epoch: Uint8Array;
  /** Up to there that site's log is here. */
  through: DbVersion;
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
        `SELECT place, version, uploaded_through, uploaded_at, snapshot_bytes, changes_bytes, changes_count
         FROM octavo_copy WHERE lineage = ? AND site_id = ?`,
      )
      .exact<[string, bigint, bigint, bigint, bigint, bigint, bigint]>()
      .get(...this.#owner());
    if (row === undefined) return undefined;
    const [place, version, uploadedThrough, uploadedAt, snapshotBytes, changesBytes, changesCount] = row;
    return {
      place,
      version: Number(version),
      uploadedThrough,
      uploadedAt: Number(uploadedAt),
      snapshotBytes: Number(snapshotBytes),
      changesBytes: Number(changesBytes),
      changesCount: Number(changesCount),
    };
  }

  /** On disk when it returns. */
  set(mark: CopyMark): void {
    const { place, version, uploadedThrough, uploadedAt, snapshotBytes, changesBytes, changesCount } = mark;
    this.#database
      .prepare('INSERT OR REPLACE INTO octavo_copy VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(
        ...this.#owner(),
        place,
        version,
        uploadedThrough,
        Math.round(uploadedAt),
        snapshotBytes,
        changesBytes,
        changesCount,
      );
  }

  /** The copies of other sites of this shop that are merged here: the newest of each, in all its epochs. */
  merged(): MergedCopy[] {
    const [lineage] = this.#owner();
    return this.#database
      .prepare('SELECT site_id, version, epoch, through FROM octavo_copy_merged WHERE lineage = ?')
      .exact<[Uint8Array, bigint, Uint8Array, bigint]>()
      .all(lineage)
      .map(([site, version, epoch, through]) => ({ site, version: Number(version), epoch, through }));
  }

  /** Keeps that a copy of another site is merged here. */
  noteMerged({ site, version, epoch, through }: MergedCopy): void {
    const [lineage] = this.#owner();
    this.#database.transaction(() => {
      this.#database
        .prepare('INSERT OR REPLACE INTO octavo_copy_merged VALUES (?, ?, ?, ?, ?)')
        .run(lineage, site, version, epoch, through);
      this.#database
        .prepare('DELETE FROM octavo_copy_merged WHERE lineage = ? AND site_id = ? AND version < ?')
        .run(lineage, site, version);
    })();
  }
}
