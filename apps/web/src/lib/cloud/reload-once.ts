const keyOf = (database: string) => `octavo/reloaded/${database}`;

/**
 * Loads this page anew, unless it has just been loaded anew for the same reason: a server that says so again and again must
 * not have it turn in circles. Remembered by the tab, and by nothing that outlives it.
 */
export function reloadOnce(database: string): void {
  try {
    if (sessionStorage.getItem(keyOf(database)) !== null) return;
    sessionStorage.setItem(keyOf(database), 'yes');
  } catch (error) {
    // A window that may store nothing could not tell the second time from the first.
    if (error instanceof DOMException) return;
    throw error;
  }
  location.reload();
}

/** The server no longer says so: the next time is another one. */
export function reloadSettled(database: string): void {
  try {
    sessionStorage.removeItem(keyOf(database));
  } catch (error) {
    // A window that may store nothing has nothing to forget.
    if (!(error instanceof DOMException)) throw error;
  }
}
