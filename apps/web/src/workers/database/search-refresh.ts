import type { Database } from '@octavo/crsqlite/database.ts';
import type { Scheduler } from '@octavo/rpc/port.ts';
import { refreshSearchIndex } from '@octavo/shop/search/refresh.ts';

/** So many books are indexed in about 10 ms. */
const BOOKS_PER_SLICE = 200;
/** Lets commands and queries through between two slices. */
const PAUSE_MS = 15;

/** Keeps the search index up with the books, in slices after the commits that changed them. Returns what ends it. */
export function keepSearchIndexFresh(database: Database, scheduler: Scheduler): () => void {
  let cancel: (() => void) | undefined;

  function schedule(): void {
    cancel ??= scheduler.after(PAUSE_MS, () => {
      cancel = undefined;
      if (refreshSearchIndex(database, { limit: BOOKS_PER_SLICE }).remaining > 0) schedule();
    });
  }

  const stopListening = database.onCommit((tables) => {
    if (tables.has('book')) schedule();
  });
  // What an earlier run left undone.
  schedule();
  return () => {
    stopListening();
    cancel?.();
  };
}
