import type { DataFolder } from '../data-folder/data-folder.ts';
import { backUpBeforeMigration } from '../data-folder/migration-backup.ts';
import { OpenedDatabase } from '../databases/opened-database.ts';
import type { Target } from './target.ts';

/** Opens a database in this process. `release` lets go of the folder in the end. */
export async function openDirectly(folder: DataFolder, name: string, release: () => void): Promise<Target> {
  try {
    const path = folder.pathOf(name);
    const database = await OpenedDatabase.open(path, {
      owner: 'the octavo command',
      beforeMigration: async (beforeSchema) => {
        const now = new Date();
        await backUpBeforeMigration({ dataDir: folder.path, database: name, path, beforeSchema, now });
      },
      // Nobody is connected here.
      perform: () => undefined,
      // The next server to open it finds that it is not copied yet.
      onWrite: () => undefined,
      onFailure: (error) => {
        throw error;
      },
    });
    return {
      through: 'opened directly; no server is running',
      importBooks: (books) => Promise.resolve(database.importBooks({ books })),
      check: () => Promise.resolve(database.check('full')),
      [Symbol.asyncDispose]: () => {
        database.close();
        release();
        return Promise.resolve();
      },
    };
  } catch (error) {
    release();
    throw error;
  }
}
