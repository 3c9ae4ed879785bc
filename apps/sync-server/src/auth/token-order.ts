import * as v from 'valibot';
import { EVERY_DATABASE, isDatabasePattern } from './database-pattern.ts';
import { roles } from './roles.ts';
import type { TokenOrder } from './tokens.ts';

const DAY_MS = 24 * 60 * 60_000;
export const MAX_TOKEN_DAYS = 3_650;
const MAX_PATTERNS = 20;

/** What is said of a token that is to be made, by a program or on the command line. */
export const tokenRequest = v.strictObject({
  name: v.pipe(
    v.string(),
    v.regex(/^[^\p{Cc}]{1,100}$/u, 'A name has 1 to 100 characters, none of them a control character.'),
  ),
  role: v.picklist(roles),
  databases: v.pipe(
    v.array(
      v.pipe(v.string(), v.check(isDatabasePattern, 'A pattern has letters, digits, "-", "_", "." and "*".')),
    ),
    v.minLength(1),
    v.maxLength(MAX_PATTERNS),
  ),
  days: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_TOKEN_DAYS)),
});

export type TokenRequest = v.InferOutput<typeof tokenRequest>;

/** A token for whoever looks after the server, for a year. */
export function firstAdmin(now: number): TokenOrder {
  return {
    name: 'first administrator',
    role: 'admin',
    databases: [EVERY_DATABASE],
    expiresAt: now + 365 * DAY_MS,
  };
}

export function orderOf(request: TokenRequest, now: number): TokenOrder {
  const { name, role, databases, days } = request;
  return { name, role, databases, expiresAt: now + days * DAY_MS };
}
