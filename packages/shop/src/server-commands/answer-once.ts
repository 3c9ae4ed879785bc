import type { Database } from '@octavo/crsqlite/database.ts';
import type * as v from 'valibot';
import type { ShopContext } from '../context.ts';
import { inTransaction, parseInput } from '../define.ts';
import { ShopError } from '../errors.ts';
import * as field from '../fields.ts';
import type { CommandAnswer, CommandRequest } from './answers.ts';
import { forgetReceipts, readReceipt, writeReceipt } from './receipts.ts';

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
    const now = shop.now();
    writeReceipt(shop.db, { id, type, answer, now });
    forgetReceipts(shop.db, now);
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
