import type { Database } from '@octavo/crsqlite/database.ts';
import * as v from 'valibot';
import type { ShopContext } from './context.ts';
import { ShopError } from './errors.ts';

type Schema = v.GenericSchema;

/** A command: its input's schema and the function that checks the input and runs in one transaction. */
export interface Command<Input extends Schema, Result> {
  readonly input: Input;
  /** Throws ShopError. Nothing is written when it throws. */
  readonly run: (shop: ShopContext, input: v.InferInput<Input>) => Result;
}

/** A query: its arguments' schema and the function that checks them and reads. */
export interface Query<Args extends Schema, Result> {
  readonly args: Args;
  /** Throws ShopError. */
  readonly run: (db: Database, args: v.InferInput<Args>) => Result;
}

/** Makes a command of a schema and a body; the body sees only checked input and its writes are one transaction. */
export function defineCommand<Input extends Schema, Result>(
  input: Input,
  body: (shop: ShopContext, input: v.InferOutput<Input>) => Result,
): Command<Input, Result> {
  return {
    input,
    run: (shop, given) => {
      const checked = parseInput(input, given);
      return inTransaction(shop.db, () => body(shop, checked));
    },
  };
}

/** Makes a query of a schema and a body; the body sees only checked arguments. */
export function defineQuery<Args extends Schema, Result>(
  args: Args,
  body: (db: Database, args: v.InferOutput<Args>) => Result,
): Query<Args, Result> {
  return { args, run: (db, given) => body(db, parseInput(args, given)) };
}

/** Parses what came over a boundary. Throws ShopError `invalid-input` with one issue per wrong field. */
export function parseInput<Input extends Schema>(schema: Input, given: unknown): v.InferOutput<Input> {
  const parsed = v.safeParse(schema, given);
  if (parsed.success) return parsed.output;
  const issues = parsed.issues.map((issue) => ({ path: v.getDotPath(issue) ?? '', message: issue.message }));
  const words = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`));
  throw new ShopError('invalid-input', `This cannot be saved. ${words.join(' ')}`, { issues });
}

/** Runs a body in a transaction (a savepoint inside one) and hands its result out. */
export function inTransaction<Result>(db: Database, body: () => Result): Result {
  let done: { result: Result } | undefined;
  db.transaction(() => {
    done = { result: body() };
  })();
  if (done === undefined) throw new Error('The transaction ended without having run.');
  return done.result;
}
