import { OTHER, TARGET } from './credentials.ts';

/** What it takes to use an endpoint. */
export type Needed = 'anybody' | 'reader' | 'member' | 'admin' | 'server-reader' | 'access' | 'files';

export interface Endpoint {
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  path: string;
  needed: Needed;
  body?: unknown;
}

const of = (name: string): Endpoint[] => [
  { method: 'GET', path: `/${name}/meta`, needed: 'reader' },
  { method: 'HEAD', path: `/${name}/meta`, needed: 'reader' },
  { method: 'GET', path: `/${name}/snapshot`, needed: 'reader' },
  { method: 'HEAD', path: `/${name}/snapshot`, needed: 'reader' },
  { method: 'GET', path: `/${name}/health`, needed: 'reader' },
  { method: 'GET', path: `/${name}/cloud`, needed: 'reader' },
  { method: 'GET', path: `/api/sync-status?db=${name}`, needed: 'reader' },
  { method: 'POST', path: `/api/check-and-sync?db=${name}`, needed: 'reader' },
  { method: 'POST', path: `/api/retry-sync?db=${name}`, needed: 'member' },
  { method: 'POST', path: `/${name}/import`, needed: 'member', body: { books: [] } },
  { method: 'GET', path: `/${name}/health?depth=full`, needed: 'admin' },
  { method: 'GET', path: `/${name}/file`, needed: 'admin' },
  { method: 'GET', path: `/${name}/quarantine`, needed: 'admin' },
  { method: 'DELETE', path: `/${name}/quarantine/1`, needed: 'admin' },
  { method: 'POST', path: `/${name}/quarantine/1/retry`, needed: 'admin' },
  { method: 'POST', path: `/${name}/exec`, needed: 'admin', body: { sql: 'SELECT 1' } },
  { method: 'GET', path: `/${name}/lineages`, needed: 'files' },
  { method: 'POST', path: `/${name}/replace`, needed: 'files', body: { file: '../shop.sqlite3' } },
  { method: 'POST', path: `/${name}/reset`, needed: 'admin' },
];

/** Everything that is answered over HTTP, what destroys last. */
export const endpoints: Endpoint[] = [
  { method: 'GET', path: '/health', needed: 'anybody' },
  { method: 'POST', path: '/api/sign-in', needed: 'anybody', body: { code: 'guess' } },
  { method: 'GET', path: '/metrics', needed: 'server-reader' },
  { method: 'GET', path: '/api/tokens', needed: 'access' },
  {
    method: 'POST',
    path: '/api/tokens',
    needed: 'access',
    body: { name: 'mine', role: 'admin', databases: ['*'], days: 1 },
  },
  { method: 'DELETE', path: '/api/tokens/none', needed: 'access' },
  ...of(TARGET),
];

/** The same database operations on one that nobody may reach who is not for all. */
export const foreignEndpoints: Endpoint[] = of(`not-${OTHER}`);

/** Sends a request as a program would, without following or caching anything. */
export function send(
  url: string,
  { method, path, body }: Endpoint,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(url + path, {
    method,
    redirect: 'manual',
    headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}
