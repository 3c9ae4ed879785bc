import { request } from 'node:http';

/** A request as a program may send it, with a path and headers that `fetch` would not send. */
export function rawGet(
  url: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: unknown }> {
  const { hostname, port } = new URL(url);
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: unknown }>();
  request({ hostname, port, path, headers, agent: false }, (response) => {
    const chunks: Buffer[] = [];
    response.on('data', (chunk: Buffer) => chunks.push(chunk));
    response.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      resolve({ status: response.statusCode ?? 0, body: text === '' ? undefined : JSON.parse(text) });
    });
  })
    .on('error', reject)
    .end();
  return promise;
}
