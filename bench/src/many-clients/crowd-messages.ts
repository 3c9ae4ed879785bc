/** What the benchmark tells a process with many clients. */
export type ToCrowd =
  | { type: 'connect' }
  /** Note how long what others write takes to arrive, from now on. */
  | { type: 'watch' }
  /** Write so many books a second in sum, for so long, each by another client. Answered by `written`. */
  | { type: 'write'; perSecond: number; forMs: number }
  /** Say `settled` when every client has been green with so many books. */
  | { type: 'settle'; books: number }
  /** Answered by `account`. */
  | { type: 'account' };

/** What a process with many clients tells the benchmark. */
export type FromCrowd =
  | { type: 'ready' }
  | { type: 'written'; books: number }
  | { type: 'settled' }
  | ({ type: 'account' } & CrowdAccount)
  | { type: 'failed'; message: string };

export interface CrowdAccount {
  /** Digests of the books of all clients, each different one once. */
  digests: string[];
  /** From writing at another client to being visible at this process's, in ms. */
  deliveries: number[];
}
