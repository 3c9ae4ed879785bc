import type { Database } from '@octavo/crsqlite/database.ts';
import type { Schema } from '../environment.ts';
import { epochsUpTo } from '../epochs.ts';
import { Bookkeeping } from '../storage/bookkeeping.ts';
import { ClockTables } from '../storage/clock-tables.ts';
import { strip } from './strip.ts';
import { type SnapshotAccount, writeMark } from './snapshot-account.ts';

/**
 * Makes a snapshot out of a copy of a server's file and writes it to `target`, which must not exist [EP-7]. It holds the
 * replicated tables with their clocks, the lineage, the epochs and the history of the schema, and belongs to nobody:
 * the server is a foreign author in it, and cr-sqlite gives whoever opens it a site id of their own [ID-1].
 *
 * The copy is used up. It must be of a file that this version of the schema was run on, and no replica may open it.
 */
export function makeSnapshot(
  copy: Database,
  target: string,
  schema: Pick<Schema, 'name' | 'version'>,
): SnapshotAccount {
  // A crash costs nothing but the copy.
  copy.exec('PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF');
  const bookkeeping = new Bookkeeping(copy);
  const lineage = bookkeeping.lineage();
  if (lineage === undefined) throw new Error('A snapshot can only be made of a server’s database.');
  const clockTables = new ClockTables(copy);
  const version = clockTables.head();
  const account: SnapshotAccount = {
    lineage,
    version,
    epochs: epochsUpTo(bookkeeping.epochs(), version),
    schemaName: schema.name,
    schemaVersion: schema.version,
  };
  copy.transaction(() => {
    clockTables.giveUpIdentity(version);
    strip(copy, clockTables.tables);
    writeMark(copy, account);
  })();
  copy.prepare('VACUUM INTO ?').run(target);
  return account;
}
