import type { Database } from '../database.ts';

/** One place where databases can lie, empty at the start of each test. File names are plain names. */
export interface TestStore {
  /** Opens a database, creating it when it is not there. */
  open(file: string): Promise<Database>;
  /** Ends a database as the death of its process would: nothing is finished, files and lock are let go. */
  kill(database: Database): void;
  /** Copies a database with `VACUUM INTO` to a new file. */
  copy(database: Database, file: string): Promise<void>;
  /** Makes a file of these bytes. */
  write(file: string, bytes: Uint8Array): Promise<void>;
}

/** One promise that every file system keeps. Runs under Node and in the browser, so it knows neither. */
export interface ContractTest {
  readonly name: string;
  readonly run: (store: TestStore) => void | Promise<void>;
}
