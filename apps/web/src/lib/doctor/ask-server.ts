import { serverHttp } from '../http/server-http.ts';
import type { ServerFacts, ServerMeta } from './facts.ts';

const LIMIT_MS = 5_000;

/** Which server is asked, and as whom; only the page's own can be. */
export interface ServerQuestion {
  database: string;
  token: string | null;
  isOwn: boolean;
}

/** What the server tells of itself over HTTP, and what the way there is like. */
export async function askServer({ database, token, isOwn }: ServerQuestion): Promise<ServerFacts> {
  if (!isOwn) return { state: 'not-asked' };
  const begun = performance.now();
  try {
    const response = await serverHttp.fetch(`/${database}/meta`, {
      cache: 'no-store',
      signal: AbortSignal.timeout(LIMIT_MS),
      headers: token === null ? {} : { authorization: `Bearer ${token}` },
    });
    const milliseconds = Math.round(performance.now() - begun);
    const body: unknown = await response.json();
    if (!response.ok)
      return { state: 'refuses', status: response.status, error: textOf(body, 'error') ?? '' };
    const meta = metaFrom(body);
    if (meta === undefined) return { state: 'refuses', status: response.status, error: 'not-octavo' };
    return { state: 'answers', milliseconds, clockAhead: clockAhead(response, milliseconds), meta };
  } catch (error) {
    // No network, no answer in time, or one that is no JSON: in any case not a server of ours.
    return { state: 'unreachable', why: error instanceof Error ? error.message : String(error) };
  }
}

/** The version of the app that the server has now; undefined where it does not say. */
export async function askServedVersion(): Promise<string | undefined> {
  try {
    const init = { cache: 'no-store', signal: AbortSignal.timeout(LIMIT_MS) } as const;
    const response = await fetch('/_app/version.json', init);
    return response.ok ? textOf(await response.json(), 'version') : undefined;
  } catch {
    // Whether the server can be reached is another question.
    return undefined;
  }
}

function clockAhead(response: Response, milliseconds: number): number | undefined {
  const served = Date.parse(response.headers.get('date') ?? '');
  return Number.isNaN(served) ? undefined : Math.round(Date.now() - milliseconds / 2 - served);
}

function metaFrom(body: unknown): ServerMeta | undefined {
  const [siteId, lineage, schemaName] = ['siteId', 'lineage', 'schemaName'].map((name) => textOf(body, name));
  const [schemaVersion, dbVersion] = ['schemaVersion', 'dbVersion'].map((name) => field(body, name));
  if (siteId === undefined || lineage === undefined || schemaName === undefined) return undefined;
  if (typeof schemaVersion !== 'number' || typeof dbVersion !== 'number') return undefined;
  const serverVersion = textOf(body, 'serverVersion') ?? '';
  return { siteId, lineage, schemaName, schemaVersion, dbVersion, serverVersion };
}

function textOf(body: unknown, name: string): string | undefined {
  const value = field(body, name);
  return typeof value === 'string' ? value : undefined;
}

function field(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined;
}
