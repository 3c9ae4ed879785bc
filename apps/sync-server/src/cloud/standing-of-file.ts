import { openFile } from '@octavo/crsqlite/node.ts';
import { CopyMarks } from '@octavo/sync/copy/copy-mark.ts';
import { Bookkeeping } from '@octavo/sync/storage/bookkeeping.ts';
import { ClockTables } from '@octavo/sync/storage/clock-tables.ts';
import type { Standing } from './copy-source.ts';

/** How a file that nobody has open stands to its copy. */
export type FileStanding = Pick<Standing, 'head'> & { mark: unknown };

/** Reads that from a server's database. @throws SqliteError */
export async function standingOfFile(path: string, owner: string): Promise<FileStanding> {
  const database = await openFile(path, { owner });
  try {
    const lineage = new Bookkeeping(database).lineage();
    const [site] = database.prepare('SELECT crsql_site_id()').exact<[Uint8Array]>().get() ?? [];
    const head = new ClockTables(database).head();
    if (lineage === undefined || site === undefined) return { head, mark: undefined };
    return { head, mark: new CopyMarks(database, () => [lineage, site]).get() };
  } finally {
    database.close();
  }
}
