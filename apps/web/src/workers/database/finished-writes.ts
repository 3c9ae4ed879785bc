import type { Database } from '@octavo/crsqlite/database.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { WriteTicket } from '#lib/database/contract.ts';

/** Far longer than any ticket lasts. */
const KEPT_MS = 600_000;
const TABLE = `
  CREATE TABLE IF NOT EXISTS octavo_finished_write (
    id TEXT PRIMARY KEY, finished_at INTEGER NOT NULL, answer TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
`;
/** Writes between two looks for what can be forgotten. */
const FORGET_EVERY = 256;

/**
 * Remembers, in the file and in the same transactions, what was done under which ticket. A write whose answer was lost
 * with its worker is asked for again at the next one, and answered from here instead of being done twice.
 */
export class FinishedWrites {
  readonly #database: Database;
  readonly #wallNow: () => number;
  #untilForgetting = 0;

  constructor(database: Database, wallNow: () => number) {
    this.#database = database;
    this.#wallNow = wallNow;
    database.exec(TABLE);
  }

  /**
   * Runs a write unless it was done already, and returns what came of it then or now. To be called inside of the
   * write's transaction. Throws RemoteError `deadline` when whoever asked has given up meanwhile.
   */
  once(ticket: WriteTicket, run: () => unknown): unknown {
    const done = this.#database
      .prepare<{ answer: string }>('SELECT answer FROM octavo_finished_write WHERE id = ?')
      .get(ticket.id);
    if (done !== undefined) return (JSON.parse(done.answer) as { result?: unknown }).result;
    const now = this.#wallNow();
    if (now > ticket.expiresAt) {
      const message = 'This came too late to be done, and was not done.';
      throw new RemoteError({ code: 'deadline', message, details: undefined });
    }
    const result = run();
    this.#database
      .prepare('INSERT INTO octavo_finished_write (id, finished_at, answer) VALUES (?, ?, ?)')
      .run(ticket.id, Math.round(now), JSON.stringify({ result }));
    this.#forgetOld(now);
    return result;
  }

  /** Takes what was done along into the file that replaces this one. Call in a transaction there. */
  static carry(from: Database, to: Database): void {
    const rows = from
      .prepare<{ id: string; finished_at: number; answer: string }>(
        'SELECT id, finished_at, answer FROM octavo_finished_write',
      )
      .all();
    to.exec(TABLE);
    const insert = to.prepare(
      'INSERT OR REPLACE INTO octavo_finished_write (id, finished_at, answer) VALUES (?, ?, ?)',
    );
    for (const { id, finished_at: finishedAt, answer } of rows) insert.run(id, finishedAt, answer);
  }

  #forgetOld(now: number): void {
    this.#untilForgetting -= 1;
    if (this.#untilForgetting > 0) return;
    this.#untilForgetting = FORGET_EVERY;
    this.#database
      .prepare('DELETE FROM octavo_finished_write WHERE finished_at < ?')
      .run(Math.round(now - KEPT_MS));
  }
}
