import { mkdir } from 'node:fs/promises';
import * as v from 'valibot';
import { SecretError } from '../auth/token-secret.ts';
import { recordSchema, type TokenRecord, TokenBookError } from '../auth/token-book.ts';
import { orderOf, type TokenRequest, tokenRequest } from '../auth/token-order.ts';
import { Tokens } from '../auth/tokens.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { CommandFailure } from './command-failure.ts';
import type { Output } from './output.ts';
import { askServer, read } from './server-target.ts';
import { findHolder } from './target.ts';

const created = v.object({ token: v.string(), record: recordSchema });
const listed = v.object({ tokens: v.array(recordSchema) });
const revoked = v.object({ record: recordSchema });

/** The tokens of a data folder, whoever holds it. */
interface TokenTarget {
  /** Of the server, where one runs. */
  url: string | undefined;
  create(request: TokenRequest): Promise<{ token: string; record: TokenRecord }>;
  list(): Promise<TokenRecord[]>;
  revoke(id: string): Promise<TokenRecord>;
}

/** Makes a token and prints it. */
export async function runTokenCreate(
  folder: DataFolder,
  request: TokenRequest,
  output: Output,
): Promise<void> {
  const parsed = v.safeParse(tokenRequest, request);
  if (!parsed.success) throw new CommandFailure(`This cannot be a token: ${parsed.issues[0].message}`);
  await withTokens(folder, async (tokens) => {
    const { token, record } = await tokens.create(parsed.output);
    output.result(token);
    output.note(describe(record));
    output.note('It is not stored anywhere: copy it now.');
    if (tokens.url !== undefined) output.note(`Or open this on the device: ${tokens.url}/#token=${token}`);
  });
}

/** Lists the tokens that were made. */
export async function runTokenList(folder: DataFolder, output: Output): Promise<void> {
  await withTokens(folder, async (tokens) => {
    const records = await tokens.list();
    if (records.length === 0) output.note('No token has been made yet.');
    for (const record of records) output.result(describe(record));
  });
}

/** Makes a token void. */
export async function runTokenRevoke(folder: DataFolder, id: string, output: Output): Promise<void> {
  await withTokens(folder, async (tokens) => output.result(describe(await tokens.revoke(id))));
}

function describe({ id, name, role, databases, expiresAt, revokedAt }: TokenRecord): string {
  const day = (time: number): string => new Date(time).toISOString().slice(0, 10);
  const validity =
    revokedAt !== null
      ? `revoked ${day(revokedAt)}`
      : `${expiresAt > Date.now() ? 'valid until' : 'expired'} ${day(expiresAt)}`;
  return [id, role, databases.join(' '), validity, name].join('\t');
}

async function withTokens(folder: DataFolder, run: (tokens: TokenTarget) => Promise<void>): Promise<void> {
  await mkdir(folder.path, { recursive: true });
  const holder = await findHolder(folder);
  if (holder.kind === 'server') {
    const { note } = holder;
    await run({
      url: note.url,
      create: async (request) => read(created, await askServer(note, 'POST', '/api/tokens', request)),
      list: async () => (await read(listed, await askServer(note, 'GET', '/api/tokens'))).tokens,
      revoke: async (id) =>
        (await read(revoked, await askServer(note, 'DELETE', `/api/tokens/${encodeURIComponent(id)}`)))
          .record,
    });
    return;
  }
  try {
    const tokens = await load(folder);
    await run({
      url: undefined,
      create: (request) => tokens.create(orderOf(request, Date.now())),
      list: () => Promise.resolve(tokens.list()),
      revoke: async (id) => {
        const record = await tokens.revoke(id);
        if (record === undefined) throw new CommandFailure(`There is no token "${id}".`);
        return record;
      },
    });
  } finally {
    holder.release();
  }
}

async function load(folder: DataFolder): Promise<Tokens> {
  try {
    return await Tokens.load(folder.path);
  } catch (error) {
    if (error instanceof SecretError || error instanceof TokenBookError)
      throw new CommandFailure(error.message, { cause: error });
    throw error;
  }
}
