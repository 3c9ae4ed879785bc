const KEY = 'octavo/reloaded';

/** The database for which this page has just been loaded anew. */
export const reloadedFor: string | null = remembered();

/**
 * Loads this page anew, unless it has just been loaded anew for the same reason: a server that says so again and again must
 * not have it turn in circles. Remembered by the tab, and by nothing that outlives it.
 */
export function reloadOnce(database: string): void {
  try {
    if (sessionStorage.getItem(KEY) === database) return;
    sessionStorage.setItem(KEY, database);
  } catch (error) {
    // A window that may store nothing could not tell the second time from the first.
    if (error instanceof DOMException) return;
    throw error;
  }
  location.reload();
}

/** The server no longer says so: the next time is another one. */
export function reloadSettled(database: string): void {
  if (remembered() === database) sessionStorage.removeItem(KEY);
}

function remembered(): string | null {
  try {
    return sessionStorage.getItem(KEY);
  } catch (error) {
    // A window that may store nothing has nothing to remember.
    if (error instanceof DOMException) return null;
    throw error;
  }
}
