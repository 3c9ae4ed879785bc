import type { DataFolder } from '../data-folder/data-folder.ts';
import { OpenedDatabase } from '../databases/opened-database.ts';
import type { Target } from './target.ts';

/** Opens a database in this process. `release` lets go of the folder in the end. */
export async function openDirectly(folder: DataFolder, name: string, release: () => void): Promise<Target> {
  try {
    const database = await OpenedDatabase.open(folder.pathOf(name), {
      owner: 'the octavo command',
      // Nobody is connected here.
      perform: () => undefined,
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
