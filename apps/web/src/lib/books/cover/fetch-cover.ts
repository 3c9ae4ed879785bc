import { httpAddress } from '../../http/http-address.ts';
import { type ServerAccess, serverHttp } from '../../http/server-http.ts';

const CACHE = 'octavo-covers';
/** The oldest are fetched again when somebody looks at them */
const COVERS_KEPT = 500;

/**
 * The picture with this name, from this browser or else from the server. Undefined where there is neither at the moment. A
 * name is of one picture for ever, so what is here is never asked for again.
 */
export async function fetchCover(
  { server, database, token }: ServerAccess,
  hash: string,
  signal: AbortSignal,
): Promise<Blob | undefined> {
  const address = httpAddress(server, `${database}/covers/${hash}`);
  if (address === undefined) return undefined;
  const cache = await openCache();
  const kept = await cache?.match(address);
  if (kept !== undefined) return kept.blob();
  let response: Response;
  try {
    response = await serverHttp.fetch(address, {
      ...(token !== null && { headers: { authorization: `Bearer ${token}` } }),
      signal,
    });
  } catch (error) {
    if (error instanceof TypeError || signal.aborted) return undefined;
    throw error;
  }
  if (!response.ok || response.headers.get('content-type')?.startsWith('image/') !== true) return undefined;
  const image = await response.blob();
  await cache?.put(address, new Response(image));
  await forgetOldest(cache);
  return image;
}

/** Undefined in a window that keeps nothing. */
async function openCache(): Promise<Cache | undefined> {
  try {
    return await caches.open(CACHE);
  } catch (error) {
    if (error instanceof DOMException) return undefined;
    throw error;
  }
}

async function forgetOldest(cache: Cache | undefined): Promise<void> {
  const kept = (await cache?.keys()) ?? [];
  for (const request of kept.slice(0, -COVERS_KEPT)) await cache?.delete(request);
}
