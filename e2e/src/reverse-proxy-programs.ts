import { existsSync } from 'node:fs';

export type ReverseProxyName = 'nginx' | 'caddy';

/** Where Debian has them. */
export const reverseProxyPrograms = {
  nginx: '/usr/sbin/nginx',
  caddy: '/usr/bin/caddy',
} as const satisfies Record<ReverseProxyName, string>;

export function hasReverseProxy(name: ReverseProxyName): boolean {
  return existsSync(reverseProxyPrograms[name]);
}
