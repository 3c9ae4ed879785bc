import type { Database } from '@octavo/crsqlite/database.ts';
import { type DbVersion, ID_BYTES } from '@octavo/protocol/identity.ts';
import type { Random, Schema } from '../environment.ts';
import { epochsUpTo } from '../epochs.ts';
import { Bookkeeping } from '../storage/bookkeeping.ts';
import { ClockTables } from '../storage/clock-tables.ts';
import { LevelPoints } from '../storage/level-points.ts';
import { MARK_TABLE, readMark, type SnapshotAccount } from './snapshot-account.ts';
import { SnapshotError } from './snapshot-error.ts';

/**
 * Turns a downloaded snapshot into a replica of its own, in one transaction: it stands where the server stood when the
 * snapshot was made, and goes on streaming from there [EP-7]. To be called on the file before a `Replica` opens it; the
 * site id is made by cr-sqlite when the file is first opened [ID-1].
 *
 * Throws {@link SnapshotError}; the file is as it was then.
 */
export function adoptSnapshot(
  database: Database,
  { schema, random }: { schema: Pick<Schema, 'name' | 'version'>; random: Random },
): SnapshotAccount {
  const mark = readMark(database);
  if (mark === undefined)
    throw new SnapshotError(
      'not-a-snapshot',
      'The file holds no snapshot, or one that is in use already. Download it again.',
    );
  const { version, schemaName, schemaVersion } = mark;
  if (schemaName !== schema.name || schemaVersion > schema.version)
    throw new SnapshotError(
      'other-schema',
      `The snapshot holds "${schemaName}" ${schemaVersion}, this app knows "${schema.name}" ${schema.version}. Reload the app.`,
    );
  const bookkeeping = new Bookkeeping(database);
  const lineage = bookkeeping.lineage();
  const head = new ClockTables(database).head();
  if (lineage === undefined || head !== version)
    throw new SnapshotError(
      'damaged',
      `The snapshot says that it ends at version ${version}, its log ends at ${head}. Download it again.`,
    );

  const epochs = epochsUpTo(bookkeeping.epochs(), version);
  const levelPoints = new LevelPoints(database);
  database.transaction(() => {
    bookkeeping.setPosition(lineage, { cursor: version, horizon: version });
    bookkeeping.setPeerEpochs(lineage, epochs);
    // All of this log is the server's own; counting what is not there would go through it again and again.
    bookkeeping.setAcknowledged(lineage, version);
    // They are the server's. In this file, all of the log came with this write [EP-1].
    bookkeeping.forgetEpochs();
    if (version > 0n) bookkeeping.addEpoch({ id: random.bytes(ID_BYTES), firstVersion: 1n });
    const points = levelPointsUpTo(version);
    for (const point of points) levelPoints.record(lineage, { cursor: point, ownHead: point }, points.length);
    database.exec(`DROP TABLE ${MARK_TABLE}`);
  })();
  return { lineage, version, epochs, schemaName, schemaVersion };
}

/**
 * Versions at which this replica counts as having been level, ever further apart. The log of the file is the server's,
 * with the server's own numbers. So for any version of it: what the server held then is here, or has been replaced by
 * what lies above; and what the server loses by going back to then lies above, here as there [EP-4, EP-8]. A replica
 * that was filled by streaming knows that only of the moments at which it was level.
 *
 * With distances that double, a server that falls back by some versions is offered at most twice as many.
 */
function levelPointsUpTo(version: DbVersion): DbVersion[] {
  const points: DbVersion[] = [];
  if (version > 0n) points.push(version);
  for (let distance = 1n; distance < version; distance *= 2n) points.push(version - distance);
  return points;
}
