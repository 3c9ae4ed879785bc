import { request } from 'node:http';

/** A request as a program may send it, with a path and headers that `fetch` would not send. */
export function rawRequest(
  url: string,
  { method, path, body }: { method: string; path: string; body?: unknown },
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const { hostname, port } = new URL(url);
  const text = body === undefined ? undefined : JSON.stringify(body);
  const own = text === undefined ? {} : { 'content-type': 'application/json' };
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  const options = { hostname, port, method, path, headers: { ...own, ...headers }, agent: false };
  request(options, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const answer = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode ?? 0, body: answer === '' ? undefined : JSON.parse(answer) });
    });
  })
    .on('error', reject)
    .end(text);
  return promise;
}

export function rawGet(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  return rawRequest(url, { method: 'GET', path }, headers);
}
