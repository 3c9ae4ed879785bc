import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import { ShopError } from '../errors.ts';
import { type CommandAnswer, storedAnswer } from './answers.ts';

/** How long a command may be sent again and get the same answer, ms. */
export const RECEIPT_KEPT_MS = 30 * 24 * 60 * 60_000;

/** Forgotten with one command at most: each adds one, so they do not pile up, and nobody waits for many. */
const MOST_FORGOTTEN = 100;

/**
 * What was answered to a command before. A receipt that cannot be read is none: receipts are replicated rows, and each
 * command, run again, is the same operation. Throws ShopError `command-id-used` where the id is another command's.
 */
export function readReceipt(db: Database, id: string, type: string): CommandAnswer | undefined {
  const receipt = db
    .prepare<{ type: string | null; answer: string | null }>(
      'SELECT type, answer FROM command_receipt WHERE id = ?',
    )
    .get(id);
  const answer = readAnswer(receipt?.answer ?? null);
  if (receipt === undefined || answer === undefined) return undefined;
  if (receipt.type !== type) {
    const other = receipt.type ?? '';
    throw new ShopError('command-id-used', `The command ${id} is another one, of the type "${other}".`, {
      id,
      type: other,
    });
  }
  return answer;
}

/** Keeps what was answered. To be called in the transaction that did it. */
export function writeReceipt(
  db: Database,
  { id, type, answer, now }: { id: string; type: string; answer: CommandAnswer; now: number },
): void {
  db.prepare(
    `INSERT INTO command_receipt (id, type, answered_at, outcome, answer) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (id) DO UPDATE SET type = excluded.type, answered_at = excluded.answered_at,
       outcome = excluded.outcome, answer = excluded.answer`,
  ).run(id, type, now, answer.outcome, JSON.stringify(answer));
}

/**
 * Removes receipts that are too old, the oldest first. Only whoever runs commands does that, so no two replicas remove
 * and write the same row at a time; one that comes back from an old copy goes again with the next command.
 */
export function forgetReceipts(db: Database, now: number): void {
  db.prepare(
    `DELETE FROM command_receipt WHERE id IN (
       SELECT id FROM command_receipt WHERE answered_at < ? ORDER BY answered_at LIMIT ${MOST_FORGOTTEN}
     )`,
  ).run(now - RECEIPT_KEPT_MS);
}

function readAnswer(text: string | null): CommandAnswer | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), storedAnswer), text);
  // A code of the shop's own list was written; a list that has grown since does not matter to who reads it.
  return parsed.success ? (parsed.output as CommandAnswer) : undefined;
}
