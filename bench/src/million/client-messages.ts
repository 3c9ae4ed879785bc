/** What the benchmark tells a client's process. */
export type ToClient =
  /** Write so many transactions of so many new books. Answered by `written`. */
  | { type: 'write'; transactions: number; books: number }
  /** Say `arrived` when this book is here. */
  | { type: 'await'; isbn: string }
  | { type: 'connect' }
  /** Answered by `account`. */
  | { type: 'account' };

/** What a client's process tells the benchmark. */
export type FromClient =
  | { type: 'ready' }
  | { type: 'written'; changes: number; lastIsbn: string }
  | { type: 'arrived' }
  /** The light is green, and nothing of this client's own is missing at the server. */
  | { type: 'synced' }
  | ({ type: 'account' } & Account)
  | { type: 'failed'; message: string };

/** What it was like for a client. */
export interface Account {
  sentBytes: number;
  receivedBytes: number;
  /** The most resident memory that the process ever had, in bytes. */
  rssBytes: number;
  books: number;
  /** A digest of all books. */
  digest: string;
  integrity: string;
}
