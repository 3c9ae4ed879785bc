import type { Database } from '@octavo/crsqlite/database.ts';
import type * as v from 'valibot';
import type { ShopContext } from '../context.ts';
import { inTransaction, parseInput } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import { type CommandAnswer, type CommandRequest, storedAnswer } from './answers.ts';

/** What the server's commands work with. */
export interface ServerContext extends ShopContext {
  /** The shop's, as in the IANA database: it says which year an order belongs to. */
  readonly timeZone: string;
}

/** A command of the server: its type's name, its payload's schema and the function that runs it. */
export interface ServerCommand<Payload extends v.GenericSchema, Result, Current> {
  readonly type: string;
  readonly payload: Payload;
  /**
   * Runs it in one transaction with its receipt, or returns what was answered to its id before. Throws ShopError
   * `invalid-input` and `command-id-used`, for which nothing is stored.
   */
  readonly run: (
    shop: ServerContext,
    request: CommandRequest<v.InferInput<Payload>>,
  ) => CommandAnswer<Result, Current>;
}

/** Makes a command of the server. What the body throws as a ShopError is its final refusal, and undoes what it wrote. */
export function defineServerCommand<Payload extends v.GenericSchema, Result, Current>(
  type: string,
  payload: Payload,
  body: (
    shop: ServerContext,
    request: CommandRequest<v.InferOutput<Payload>>,
  ) => CommandAnswer<Result, Current>,
): ServerCommand<Payload, Result, Current> {
  return {
    type,
    payload,
    run: (shop, request) => {
      const id = parseInput(field.id, request.id);
      const checked = { ...request, id, payload: parseInput(payload, request.payload) };
      return answerOnce(shop, { id, type }, () => body(shop, checked));
    },
  };
}

function answerOnce<Result, Current>(
  shop: ServerContext,
  { id, type }: { id: string; type: string },
  body: () => CommandAnswer<Result, Current>,
): CommandAnswer<Result, Current> {
  return inTransaction(shop.db, () => {
    const stored = readReceipt(shop.db, id, type);
    // The type of its command wrote it, under this id.
    if (stored !== undefined) return stored as CommandAnswer<Result, Current>;
    const answer = answerOf(shop.db, body);
    shop.db
      .prepare('INSERT INTO command_receipt (id, type, answered_at, outcome, answer) VALUES (?, ?, ?, ?, ?)')
      .run(id, type, shop.now(), answer.outcome, JSON.stringify(answer));
    return answer;
  });
}

function answerOf<Result, Current>(
  db: Database,
  body: () => CommandAnswer<Result, Current>,
): CommandAnswer<Result, Current> {
  try {
    return inTransaction(db, body);
  } catch (error) {
    if (error instanceof ShopError) return { outcome: 'refused', error: error.value };
    throw error;
  }
}

function readReceipt(db: Database, id: string, type: string): CommandAnswer | undefined {
  const receipt = db
    .prepare<{ type: string | null; answer: string | null }>(
      'SELECT type, answer FROM command_receipt WHERE id = ?',
    )
    .get(id);
  if (receipt === undefined) return undefined;
  if (receipt.type !== type) {
    const other = receipt.type ?? '';
    throw new ShopError('command-id-used', `The command ${id} is another one, of the type "${other}".`, {
      id,
      type: other,
    });
  }
  // A code of the shop's own list was written; a list that has grown since does not matter to who reads it.
  return parseInput(storedAnswer, JSON.parse(receipt.answer ?? 'null')) as CommandAnswer;
}
