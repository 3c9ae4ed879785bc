/** Where the server of a WebSocket URL answers over HTTP, for a path such as `shop.sqlite3/meta`; undefined if it has no address. */
export function httpAddress(server: string, path: string): URL | undefined {
  const socket = URL.parse(server);
  if (socket === null) return undefined;
  const folder = socket.pathname.replace(/[^/]*$/, '');
  const address = new URL(`${socket.protocol === 'wss:' ? 'https:' : 'http:'}//${socket.host}${folder}`);
  address.pathname += path;
  return address;
}
