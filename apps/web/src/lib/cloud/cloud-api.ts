import { httpAddress } from '../http/http-address.ts';
import { type ServerAccess, serverHttp } from '../http/server-http.ts';

/** What became of asking the server to look for news in the store. */
export interface CheckBegun {
  initiated: boolean;
  status: CheckStage;
  message: string;
}

const checkStages = ['idle', 'checking', 'downloading', 'completed', 'up_to_date', 'error'] as const;
export type CheckStage = (typeof checkStages)[number];

/** How far the server is with that. */
export interface CheckStatus {
  status: CheckStage;
  message: string;
  /** From 0 to 1. */
  progress: number;
  isSyncing: boolean;
  /** The database is another shop's now. */
  needsReload: boolean;
  fileSizeMb: number;
}

export type RetryOutcome = { ok: true; version: number } | { ok: false; message: string };

/** Has the server look for news in the store. Undefined where no answer comes that makes sense. */
export async function beginCheck(access: ServerAccess): Promise<CheckBegun | undefined> {
  const body = await bodyOf(await ask(access, 'check-and-sync', 'POST'));
  const [status, initiated] = [stageOf(body), fieldOf(body, 'initiated')];
  if (status === undefined || typeof initiated !== 'boolean') return undefined;
  return { initiated, status, message: textOf(body, 'message') };
}

/** Undefined where no answer comes that makes sense. */
export async function readCheckStatus(access: ServerAccess): Promise<CheckStatus | undefined> {
  return checkStatusFrom(await bodyOf(await ask(access, 'sync-status', 'GET')));
}

/** Has the server copy the shop now. */
export async function retryCopy(access: ServerAccess): Promise<RetryOutcome> {
  const response = await ask(access, 'retry-sync', 'POST');
  if (response === undefined) return { ok: false, message: 'The server cannot be reached.' };
  const body = await bodyOf(response);
  if (response.ok && fieldOf(body, 'ok') === true)
    return { ok: true, version: numberOf(fieldOf(body, 'version')) ?? 0 };
  const message = textOf(body, 'message');
  return { ok: false, message: message === '' ? `The server answered ${response.status}.` : message };
}

/** The status in the body of an answer. */
export function checkStatusFrom(body: unknown): CheckStatus | undefined {
  const status = stageOf(body);
  if (status === undefined) return undefined;
  return {
    status,
    message: textOf(body, 'message'),
    progress: Math.min(1, Math.max(0, numberOf(fieldOf(body, 'progress')) ?? 0)),
    isSyncing: fieldOf(body, 'is_syncing') === true,
    needsReload: fieldOf(body, 'needs_reload') === true,
    fileSizeMb: numberOf(fieldOf(body, 'file_size_mb')) ?? 0,
  };
}

/** What the server answers to a path of its own; undefined where no answer comes that is one. */
export async function readJson(access: ServerAccess, path: string): Promise<unknown> {
  const address = httpAddress(access.server, path);
  return address && bodyOf(await send(access, address, 'GET'));
}

async function ask(
  access: ServerAccess,
  name: string,
  method: 'GET' | 'POST',
): Promise<Response | undefined> {
  const address = httpAddress(access.server, `api/${name}`);
  address?.searchParams.set('db', access.database);
  return address && send(access, address, method);
}

/** Undefined where no answer comes: there is no network, or the server is another origin's and does not know this one. */
async function send(
  { token }: ServerAccess,
  address: URL,
  method: 'GET' | 'POST',
): Promise<Response | undefined> {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  try {
    return await serverHttp.fetch(address, { method, headers, cache: 'no-store' });
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

/** Undefined for no answer, a refusal without words, and what is no JSON, such as the page of a proxy. */
async function bodyOf(response: Response | undefined): Promise<unknown> {
  try {
    return (await response?.json()) as unknown;
  } catch (error) {
    // What is not JSON, and an answer that was cut off.
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw error;
  }
}

function stageOf(body: unknown): CheckStage | undefined {
  const status = fieldOf(body, 'status');
  return checkStages.find((stage) => stage === status);
}

/** A field of what may be anything. */
export function fieldOf(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}

/** The text in a field; empty where there is none. */
export function textOf(body: unknown, name: string): string {
  const text = fieldOf(body, name);
  return typeof text === 'string' ? text : '';
}

/** Undefined for what is no number. */
export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
