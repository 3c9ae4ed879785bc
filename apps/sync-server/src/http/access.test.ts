import { describe, expect, test } from 'vitest';
import { type AccessDenial, type AccessRules, judgeAccess, type RequestFacts } from './access.ts';

const rules: AccessRules = {
  host: '127.0.0.1',
  port: 8080,
  allowedOrigins: ['https://shop.example'],
  programsAnywhere: false,
};

/** A request that changes something, sent by a program on this machine. */
const program: RequestFacts = {
  host: '127.0.0.1:8080',
  origin: undefined,
  fetchSite: undefined,
  remoteAddress: '127.0.0.1',
  guarded: true,
};

type Case = [
  what: string,
  request: Partial<RequestFacts>,
  expected: AccessDenial | 'allowed',
  rules?: Partial<AccessRules>,
];

const cases: Case[] = [
  // Whom the request says it is for.
  ['a program that names the address', {}, 'allowed'],
  ['a program that names localhost', { host: 'localhost:8080' }, 'allowed'],
  ['a program that names the IPv6 loopback', { host: '[::1]:8080' }, 'allowed'],
  ['a loopback name with the port of a tunnel', { host: '127.0.0.1:9999' }, 'allowed'],
  ['a name that was rebound to this machine', { host: 'evil.example:8080' }, 'host-not-allowed'],
  [
    'a rebound name in a request that only reads',
    { host: 'evil.example:8080', guarded: false },
    'host-not-allowed',
  ],
  ['a name that only begins like ours', { host: 'localhost.evil.example' }, 'host-not-allowed'],
  ['a name that only looks like a number of ours', { host: '127.0.0.1.evil.example' }, 'host-not-allowed'],
  ['no host at all', { host: undefined }, 'host-not-allowed'],
  ['an empty host', { host: '' }, 'host-not-allowed'],
  ['our name as a user name of another', { host: '127.0.0.1@evil.example' }, 'host-not-allowed'],
  ['another host behind a slash', { host: 'evil.example/127.0.0.1' }, 'host-not-allowed'],
  ['the host of an allow-listed origin', { host: 'shop.example', origin: 'https://shop.example' }, 'allowed'],

  // Which page it comes from.
  ['our own page', { origin: 'http://127.0.0.1:8080' }, 'allowed'],
  ['our own page under another of our names', { origin: 'http://localhost:8080' }, 'allowed'],
  ['our own page through a tunnel', { host: '127.0.0.1:9999', origin: 'http://127.0.0.1:9999' }, 'allowed'],
  [
    'our own page, its socket through a tunnel',
    { host: '127.0.0.1:9999', origin: 'http://127.0.0.1:8080' },
    'allowed',
  ],
  ['a page of another server on this machine', { origin: 'http://127.0.0.1:3000' }, 'origin-not-allowed'],
  ['a page from anywhere', { origin: 'https://evil.example' }, 'origin-not-allowed'],
  [
    'a page whose name begins like ours',
    { origin: 'http://127.0.0.1:8080.evil.example' },
    'origin-not-allowed',
  ],
  ['a page of our name under another scheme', { origin: 'https://localhost:8080' }, 'origin-not-allowed'],
  ['a sandboxed frame or a file', { origin: 'null' }, 'origin-not-allowed'],
  ['an extension', { origin: 'chrome-extension://abcdef' }, 'origin-not-allowed'],
  ['an allow-listed page', { origin: 'https://shop.example' }, 'allowed'],
  ['an allow-listed name on another port', { origin: 'https://shop.example:444' }, 'origin-not-allowed'],
  [
    'any page that only reads: it cannot see the answer',
    { origin: 'https://evil.example', guarded: false },
    'allowed',
  ],

  // Programs, which send no origin.
  [
    'a browser that leaves the origin out for another site',
    { fetchSite: 'cross-site' },
    'origin-not-allowed',
  ],
  ['a browser that leaves the origin out for another port', { fetchSite: 'same-site' }, 'origin-not-allowed'],
  ['a browser on our own page', { fetchSite: 'same-origin' }, 'allowed'],
  ['a program on this machine, by a dual-stack socket', { remoteAddress: '::ffff:127.0.0.1' }, 'allowed'],
  ['a program on another machine', { remoteAddress: '192.168.1.20' }, 'origin-not-allowed'],
  ['a peer that is gone already', { remoteAddress: undefined }, 'origin-not-allowed'],

  // Other addresses to listen on.
  ['our own page on IPv6', { host: '[::1]:8080', origin: 'http://[::1]:8080' }, 'allowed', { host: '::1' }],
  [
    'our own page on the default port',
    { host: 'localhost', origin: 'http://localhost' },
    'allowed',
    { port: 80 },
  ],
];

describe('who may talk to the server', () => {
  test.each(cases)('%s', (_what, request, expected, changes = {}) => {
    const denied = judgeAccess({ ...rules, ...changes }, { ...program, ...request });
    expect(denied?.error ?? 'allowed').toBe(expected);
  });
});
