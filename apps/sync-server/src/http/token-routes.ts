import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { FailedAttempts } from '../auth/failed-attempts.ts';
import type { SignInCodes } from '../auth/sign-in-codes.ts';
import { orderOf, tokenRequest } from '../auth/token-order.ts';
import type { TokenOrder, Tokens } from '../auth/tokens.ts';
import { ApiError } from './api-error.ts';
import { noStore, parse } from './database-routes.ts';

const signInBody = v.strictObject({ code: v.pipe(v.string(), v.maxLength(200)) });

export interface TokenRouteOptions {
  tokens: Tokens;
  codes: SignInCodes<TokenOrder>;
  attempts: FailedAttempts;
  clientAddress: (request: FastifyRequest['raw']) => string;
}

/** Making, listing and revoking tokens, and exchanging a code for one. */
export function addTokenRoutes(
  app: FastifyInstance,
  { tokens, codes, attempts, clientAddress }: TokenRouteOptions,
): void {
  const access = { config: { needs: { to: 'access' } } } as const;

  app.get('/api/tokens', access, (_request, reply) => noStore(reply).send({ tokens: tokens.list() }));

  app.post('/api/tokens', access, async (request, reply) => {
    const { token, record } = await tokens.create(orderOf(parse(tokenRequest, request.body), Date.now()));
    request.log.info({ token: record.id, role: record.role, databases: record.databases }, 'token created');
    return noStore(reply).code(201).send({ token, record });
  });

  app.delete('/api/tokens/:id', access, async (request: FastifyRequest<{ Params: { id: string } }>) => {
    const { id } = request.params;
    const record = await tokens.revoke(id);
    if (record === undefined) throw new ApiError(404, 'unknown-token', `There is no token "${id}".`);
    request.log.info({ token: id }, 'token revoked');
    return { record };
  });

  app.post('/api/sign-in', { config: { needs: { to: 'anybody' } } }, async (request, reply) => {
    const address = clientAddress(request.raw);
    const waitMs = attempts.waitOf(address);
    if (waitMs > 0) {
      const seconds = String(Math.ceil(waitMs / 1000));
      const message = `Too many wrong codes came from this address. Wait ${seconds} seconds.`;
      throw new ApiError(429, 'too-many-attempts', message, {}, { 'retry-after': seconds });
    }
    const order = codes.redeem(parse(signInBody, request.body).code);
    if (order === undefined) {
      attempts.add(address);
      const message =
        'This link was used already, or is too old. Ask whoever looks after the server for a new one.';
      throw new ApiError(401, 'bad-code', message);
    }
    const { token, record } = await tokens.create(order);
    request.log.info({ token: record.id, role: record.role, address }, 'signed in with a code');
    return noStore(reply).code(201).send({ token, record });
  });
}
