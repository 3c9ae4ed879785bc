// Finds the reverse proxies for the tests, or installs them.
import process from 'node:process';
import { hasReverseProxy, type ReverseProxyName } from '../e2e/src/reverse-proxy-programs.ts';
import { installWithApt } from './install-with-apt.ts';

const packages = { nginx: 'nginx-light', caddy: 'caddy' } satisfies Record<ReverseProxyName, string>;
const names = ['nginx', 'caddy'] as const;

/** Those that are here, after those that were not have been installed where this user may. */
export function findReverseProxies(): ReverseProxyName[] {
  for (const name of names) {
    if (hasReverseProxy(name)) continue;
    process.stdout.write(`No ${name} is here; installing one.\n`);
    installWithApt(packages[name]);
  }
  return names.filter((name) => hasReverseProxy(name));
}
