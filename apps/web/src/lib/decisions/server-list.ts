import type { CellValue } from '@octavo/protocol/value.ts';
import { type ServerAccess, serverHttp } from '../http/server-http.ts';
import type { PutAside } from './put-aside.ts';

/** What the server has put aside, where this page may know it. */
export type ServerList =
  | { kind: 'list'; changes: PutAside[] }
  /** Only an administrator of the server may look. */
  | { kind: 'closed' }
  /** It does not answer. */
  | { kind: 'away' };

export type ServerAnswer = { ok: true } | { ok: false; message: string };

/** What the server has put aside of everybody's changes, those of this device first. */
export async function readServerList(access: ServerAccess, ownSite: string): Promise<ServerList> {
  const response = await request(access, '');
  if (response === undefined) return { kind: isOwnServer(access) ? 'away' : 'closed' };
  if (!response.ok) return { kind: response.status >= 500 ? 'away' : 'closed' };
  const changes = changesFrom(await bodyOf(response), ownSite);
  return { kind: 'list', changes: changes.toSorted((one, other) => Number(other.own) - Number(one.own)) };
}

/** Has the server give a change up. */
export const discardAtServer = (access: ServerAccess, id: number): Promise<ServerAnswer> =>
  change(access, `/${id}`, 'DELETE');

/** Has the server try a change again. */
export const retryAtServer = (access: ServerAccess, id: number): Promise<ServerAnswer> =>
  change(access, `/${id}/retry`, 'POST');

async function change(access: ServerAccess, path: string, method: string): Promise<ServerAnswer> {
  const response = await request(access, path, method);
  if (response === undefined) return { ok: false, message: 'The server cannot be reached.' };
  if (response.ok) return { ok: true };
  const body = await bodyOf(response);
  return { ok: false, message: textOf(body, 'message') ?? `The server answered ${response.status}.` };
}

/** Undefined where no answer comes. Only the page's own server: others have not allowed pages to ask. */
async function request(access: ServerAccess, path: string, method = 'GET'): Promise<Response | undefined> {
  if (!isOwnServer(access)) return undefined;
  const headers = access.token === null ? {} : { authorization: `Bearer ${access.token}` };
  try {
    return await serverHttp.fetch(`/${access.database}/quarantine${path}`, { method, headers });
  } catch (error) {
    // What `fetch` throws where there is no network.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function isOwnServer({ server }: ServerAccess): boolean {
  return new URL(server).host === location.host;
}

/** Undefined for what is no JSON, such as the page of a proxy. */
async function bodyOf(response: Response): Promise<unknown> {
  try {
    return (await response.json()) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** The changes of an answer; entries of another form are left out. */
export function changesFrom(body: unknown, ownSite: string): PutAside[] {
  const entries: unknown = isRecord(body) ? body['changes'] : undefined;
  if (!Array.isArray(entries)) return [];
  return entries.flatMap((entry: unknown) => {
    const [site, table, column, reason] = ['site', 'table', 'column', 'reason'].map((name) =>
      textOf(entry, name),
    );
    const id = isRecord(entry) ? entry['id'] : undefined;
    if (!isRecord(entry) || typeof id !== 'number' || site === undefined || table === undefined) return [];
    if (column === undefined || reason === undefined) return [];
    const key: unknown = entry['key'];
    return [
      {
        ...{ id, site, table, column, reason },
        own: site === ownSite,
        key: Array.isArray(key) ? key.map(valueFrom) : undefined,
        value: valueFrom(entry['value']),
        columnVersion: integerFrom(entry['columnVersion']),
        causalLength: integerFrom(entry['causalLength']),
      },
    ];
  });
}

/** A value in the forms that the server writes it in. */
function valueFrom(json: unknown): CellValue {
  if (typeof json === 'string') return json;
  if (typeof json === 'number') return Number.isSafeInteger(json) ? BigInt(json) : json;
  if (!isRecord(json)) return null;
  const { $integer, $blob, $real } = json;
  if (typeof $integer === 'string') return BigInt($integer);
  if (typeof $blob === 'string') return bytesFrom($blob);
  return typeof $real === 'string' ? Number($real) : null;
}

function bytesFrom(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

function integerFrom(json: unknown): bigint {
  const value = valueFrom(json);
  return typeof value === 'bigint' ? value : 0n;
}

function textOf(body: unknown, name: string): string | undefined {
  const text: unknown = isRecord(body) ? body[name] : undefined;
  return typeof text === 'string' ? text : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
