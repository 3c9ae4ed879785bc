import type { Database } from '@octavo/crsqlite/database.ts';
import { createCrr } from '@octavo/shop/crr.ts';
import { userVersion } from '@octavo/shop/migrations.ts';
import { schema as current } from '@octavo/shop/schema.ts';
import type { Schema } from '../../src/environment.ts';

const version = current.version + 1;

/** The shop's schema as some later version of the app might have it: a table more, and a column more in an old one. */
export const upgradedSchema: Schema = {
  name: current.name,
  version,
  migrate(database: Database, stepped: (version: number) => void): void {
    if (userVersion(database) === version) return;
    current.migrate(database, stepped);
    database.transaction(() => {
      createCrr(database, { table: 'event', key: ['id'], columns: ['title TEXT'] });
      database.prepare("SELECT crsql_begin_alter('book')").get();
      database.exec('ALTER TABLE book ADD COLUMN shelf TEXT');
      database.prepare("SELECT crsql_commit_alter('book')").get();
      database.exec(`PRAGMA user_version = ${version}`);
      stepped(version);
    })();
  },
};

/** Whether a cell is among what the shop's present schema knows. */
export function isKnownBeforeUpgrade(table: string, column: string): boolean {
  return table !== 'event' && !(table === 'book' && column === 'shelf');
}
