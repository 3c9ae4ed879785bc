import type { Settings } from './settings.ts';

/** Something in the address or the settings form that cannot be used; the message is for people. */
export class AddressError extends Error {
  override readonly name = 'AddressError';
  readonly code = 'bad-address';
}

const DATABASE_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*\.(sqlite3|sqlite|db)$/;
const MAX_DATABASE_NAME = 80;

/** Checks a database's name. Throws AddressError. */
export function parseDatabaseName(text: string): string {
  const name = text.trim();
  if (name.length <= MAX_DATABASE_NAME && DATABASE_NAME.test(name)) return name;
  throw new AddressError(
    `"${text}" is not a database name: it has letters, digits, "-", "_" and ".", at most ${MAX_DATABASE_NAME} of them, and ends in .sqlite3, .sqlite or .db.`,
  );
}

/** Completes a sync server's address: `wss://host`, `https://host` and `host:port` all mean its `/sync`. Throws AddressError. */
export function parseServer(text: string): string {
  const trimmed = text.trim();
  const url = URL.parse(/^[a-z]+:\/\//i.test(trimmed) ? trimmed : `ws://${trimmed}`);
  const protocol = url && { 'http:': 'ws:', 'https:': 'wss:', 'ws:': 'ws:', 'wss:': 'wss:' }[url.protocol];
  if (url === null || protocol === undefined || url.hostname === '') {
    throw new AddressError(`"${text}" is not a server's address. Write it like wss://shop.example.`);
  }
  const path = url.pathname === '/' ? '/sync' : url.pathname;
  return `${protocol}//${url.host}${path}`;
}

/** What the address of a first visit says: `?db=`, `?server=`, `#token=`, `#code=`. */
export interface Arrival {
  database?: string;
  server?: string;
  token?: string;
  /** What the server gives a token for, once. */
  code?: string;
}

/**
 * Splits an address into what it says and the address without it: a token or a code must not stay where it can be read, shared or
 * bookmarked.
 */
export function splitAddress(address: URL): { arrival: Arrival; address: URL } {
  const cleaned = new URL(address);
  const fragment = new URLSearchParams(cleaned.hash.slice(1));
  const database = take(cleaned.searchParams, 'db');
  const server = take(cleaned.searchParams, 'server');
  const token = take(fragment, 'token');
  const code = take(fragment, 'code');
  if (token !== null || code !== null) cleaned.hash = fragment.toString();
  const arrival = {
    ...(database !== null && { database }),
    ...(server !== null && { server }),
    ...(token !== null && { token }),
    ...(code !== null && { code }),
  };
  return { arrival, address: cleaned };
}

/** The settings with what the address said. Throws AddressError. */
export function withArrival(settings: Settings, { database, server, token }: Arrival): Settings {
  return {
    ...settings,
    ...(database !== undefined && { database: parseDatabaseName(database) }),
    ...(server !== undefined && { server: parseServer(server) }),
    ...(token !== undefined && { token }),
  };
}

/** The address of a screen that says what the settings are, for a window that cannot store them. */
export function addressWith(path: string, { database, server, token }: Settings): string {
  const said = new URLSearchParams({ db: database, ...(server !== null && { server }) });
  const fragment = token === null ? '' : `#${new URLSearchParams({ token }).toString()}`;
  return `${path}?${said.toString()}${fragment}`;
}

function take(params: URLSearchParams, name: string): string | null {
  const value = params.get(name);
  params.delete(name);
  return value;
}
