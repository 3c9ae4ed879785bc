import * as v from 'valibot';
import type { ServerNote } from '../data-folder/server-note.ts';
import { CommandFailure } from './command-failure.ts';
import type { Target } from './target.ts';

const PROBE_MS = 2_000;

const importAnswer = v.object({ added: v.number(), updated: v.number(), unchanged: v.number() });
const checkAnswer = v.object({
  checks: v.array(v.object({ name: v.string(), ok: v.boolean(), detail: v.string() })),
});
const errorAnswer = v.object({ error: v.string(), message: v.string() });

/** Whether the server that wrote this note still runs: another one may listen on its port by now. */
export async function isServing({ url, instance }: ServerNote): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(PROBE_MS) });
    return v.is(v.object({ instance: v.literal(instance) }), await response.json());
  } catch {
    // Whatever was in the way, there is no such server to go through; the caller says what follows from it.
    return false;
  }
}

/** A database reached over the HTTP endpoints of a running server. */
export function reachThroughServer(note: ServerNote, name: string): Target {
  const { url } = note;
  return {
    through: `through the server at ${url}`,
    importBooks: async (books) => {
      const response = await askServer(note, 'POST', `/${name}/import`, { books });
      return read(importAnswer, response);
    },
    // An unsound database answers 503, with the same body.
    check: async () =>
      (await read(checkAnswer, await askServer(note, 'GET', `/${name}/health?depth=full`))).checks,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Asks a server as its operator. @throws CommandFailure when it does not answer. */
export async function askServer(
  { url, operatorKey }: ServerNote,
  method: string,
  path: string,
  body?: unknown,
): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${operatorKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (cause) {
    const reason =
      cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
    throw new CommandFailure(
      `The server went away (${reason}). Run the command again; it goes on where it was.`,
    );
  }
}

/** Reads an answer. @throws CommandFailure with the server's words where it refuses. */
export async function read<Schema extends v.GenericSchema>(
  schema: Schema,
  response: Response,
): Promise<v.InferOutput<Schema>> {
  const body: unknown = await response.json();
  const expected = v.safeParse(schema, body);
  if (expected.success) return expected.output;
  throw refusalOf(response, body);
}

/** What to say of an answer that is not the expected one, given its body. */
export function refusalOf({ status }: Response, body: unknown): CommandFailure {
  const refused = v.safeParse(errorAnswer, body);
  return refused.success
    ? new CommandFailure(`The server refused: ${refused.output.message}`)
    : new CommandFailure(`The server's answer (${status}) is not understood. Is it another version?`);
}
