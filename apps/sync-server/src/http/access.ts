/**
 * Who may talk to this server at all. Pages of any origin can reach a loopback server from the browser of whoever
 * visits them: WebSockets ignore CORS, simple POSTs need no preflight, and DNS can be rebound so that a foreign name
 * means this machine. Therefore:
 *
 * - every request names a host that is ours (`Host`), which ends DNS rebinding;
 * - every request that is not for everybody, and every WebSocket, comes from a page of ours (`Origin`), or from a
 *   program (no `Origin`): one on this machine, or any where tokens are asked for, which programs of others lack.
 *
 * That says nothing yet about who asks; tokens do (`../auth`).
 */

import { isLoopback } from '../config/loopback.ts';

export interface AccessRules {
  /** The address the server listens on. */
  host: string;
  port: number;
  /** Other origins whose pages may use the server; their hosts may be named in `Host` (a proxy in front of it). */
  allowedOrigins: readonly string[];
  /** Whether programs on other machines are heard: they have to show a token afterwards. */
  programsAnywhere: boolean;
}

/** What of a request matters here. Header values as they came, `undefined` when absent. */
export interface RequestFacts {
  host: string | undefined;
  origin: string | undefined;
  /** `Sec-Fetch-Site`: browsers set it, also where they send no `Origin`. */
  fetchSite: string | undefined;
  remoteAddress: string | undefined;
  /** It is for more than what everybody may see: data, a change, a WebSocket. */
  guarded: boolean;
}

export type AccessDenial = 'host-not-allowed' | 'origin-not-allowed';

/** Why a request is refused; `undefined` when it is not. */
export interface Denied {
  error: AccessDenial;
  message: string;
}

/** Judges a request by the rules above. */
export function judgeAccess(rules: AccessRules, request: RequestFacts): Denied | undefined {
  if (!isOwnHost(rules, request.host)) {
    return {
      error: 'host-not-allowed',
      message: `This server does not answer to the host name "${request.host ?? ''}". Use the address it printed at its start, or add the origin to OCTAVO_ORIGINS.`,
    };
  }
  if (!request.guarded || isAllowedOrigin(rules, request)) return undefined;
  return {
    error: 'origin-not-allowed',
    message: `Pages of "${request.origin ?? 'another site'}" may not use this server. Add the origin to OCTAVO_ORIGINS if it is yours.`,
  };
}

/**
 * The port is not compared: a name that means this machine is no foreign name, whichever port a tunnel listens on.
 */
function isOwnHost({ host, allowedOrigins }: AccessRules, header: string | undefined): boolean {
  if (header === undefined || !URL.canParse(`http://${header}`)) return false;
  const named = new URL(`http://${header}`);
  // Anything but a bare host and port (a path, credentials) has no business in this header.
  if (named.pathname !== '/' || named.username !== '' || named.password !== '' || /[/\\?#@]/.test(header))
    return false;
  const name = bareName(named.hostname);
  if (isLoopback(name) || name === host) return true;
  return allowedOrigins.some((origin) => new URL(origin).hostname === named.hostname);
}

function isAllowedOrigin(rules: AccessRules, request: RequestFacts): boolean {
  const { origin, fetchSite, remoteAddress } = request;
  if (origin === undefined) {
    const fromAnotherSite = fetchSite !== undefined && fetchSite !== 'same-origin' && fetchSite !== 'none';
    return !fromAnotherSite && (rules.programsAnywhere || isLoopbackPeer(remoteAddress));
  }
  if (rules.allowedOrigins.includes(origin)) return true;
  // "null" (a sandboxed frame, a file) cannot be parsed and is nobody's.
  if (!URL.canParse(origin)) return false;
  const from = new URL(origin);
  if (from.protocol !== 'http:' && from.protocol !== 'https:') return false;
  // The page was loaded under the very name the request goes to, and that name is ours.
  if (from.host === request.host?.toLowerCase()) return true;
  return from.protocol === 'http:' && isOwnAddress(rules, from);
}

/** The server's own page talks to it under another of its names, or through a forwarded port. */
function isOwnAddress({ host, port }: AccessRules, from: URL): boolean {
  const name = bareName(from.hostname);
  const fromPort = from.port === '' ? 80 : Number(from.port);
  return (
    fromPort === port && (name === host || name === 'localhost' || (host === 'localhost' && isLoopback(name)))
  );
}

/** A program on this machine. Node names IPv4 peers of a dual-stack socket `::ffff:127.0.0.1`. */
function isLoopbackPeer(address: string | undefined): boolean {
  return address !== undefined && isLoopback(address.replace(/^::ffff:/, ''));
}

/** URLs write IPv6 addresses in brackets. */
function bareName(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, '$1');
}
