/** Longest name of a database, in characters. */
export const MAX_DATABASE_NAME_LENGTH = 80;

const namePattern = /^[A-Za-z0-9._-]+\.(?:sqlite3|sqlite|db)$/;

/** The database every shop begins with, made when the server first starts. */
export const DEFAULT_DATABASE = 'shop.sqlite3';

/**
 * Whether a name from outside may become a file name in the data folder. The pattern leaves no room for a path: no
 * separator, and `..` alone lacks the ending.
 */
export function isDatabaseName(name: string): boolean {
  return name.length <= MAX_DATABASE_NAME_LENGTH && namePattern.test(name);
}

/** What to tell whoever sent another name. */
export const databaseNameHelp =
  `A database name ends in .sqlite3, .sqlite or .db and has only letters, digits, "-", "_" and ".", ` +
  `at most ${MAX_DATABASE_NAME_LENGTH} characters.`;
