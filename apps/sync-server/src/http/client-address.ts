import type { IncomingMessage } from 'node:http';
import proxyAddress from '@fastify/proxy-addr';

/** Tells whether an address is one of the trusted proxies'. */
export function createIsProxy(proxies: readonly string[]): (address: string) => boolean {
  const trust = proxyAddress.compile([...proxies]);
  return (address) => trust(address, 0);
}

/** Tells the address of whoever sent a request, which a trusted proxy may have passed on. */
export function createClientAddress(proxies: readonly string[]): (request: IncomingMessage) => string {
  const trust = proxyAddress.compile([...proxies]);
  return (request) => proxyAddress(request, trust);
}
