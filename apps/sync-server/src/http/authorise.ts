import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Admission, Gatekeeper } from '../auth/gatekeeper.ts';
import { may, type Need, type Principal } from '../auth/principal.ts';
import type { Role } from '../auth/roles.ts';
import { ApiError } from './api-error.ts';

/** What a route is declared with: what somebody needs who uses it. */
export type RouteNeeds =
  | { to: 'anybody' }
  /** Of the database in its path, or behind `?db=`. */
  | { to: 'database'; role: Role; named?: 'query' }
  | { to: 'server'; role: Role }
  | { to: 'access' }
  | { to: 'files' };

declare module 'fastify' {
  interface FastifyContextConfig {
    needs?: RouteNeeds;
  }
  interface FastifyRequest {
    /** On whose behalf this is asked. */
    principal: Principal;
  }
}

const stranger: Principal = { kind: 'stranger' };

/** No route comes into being from here on that does not say who may use it. */
export function demandNeeds(app: FastifyInstance): void {
  app.addHook('onRoute', ({ config, method, url }) => {
    if (config?.needs === undefined)
      throw new Error(`The route ${String(method)} ${url} does not say who may use it.`);
  });
}

/** Lets a request pass if whoever sent it may do what the route is for. @throws ApiError 401, 403, 429 */
export async function authorise(
  request: FastifyRequest,
  gatekeeper: Gatekeeper,
  address: string,
): Promise<void> {
  const { needs = { to: 'anybody' } } = request.routeOptions.config;
  const admission = await gatekeeper.admit(bearerOf(request.raw), address);
  if (admission.admitted) request.principal = admission.principal;
  else if (needs.to === 'anybody') request.principal = stranger;
  else throw refusal(admission);
  demand(request, needOf(needs, request));
}

/** @throws ApiError unless whoever sent the request may do this. */
export function demand(request: FastifyRequest, need: Need): void {
  if (may(request.principal, need)) return;
  throw new ApiError(403, 'forbidden', forbiddenWords(need));
}

/** The token that a request shows. */
export function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^bearer +(\S+)$/i.exec(headers.authorization ?? '')?.[1];
}

function needOf(needs: RouteNeeds, { params, query }: FastifyRequest): Need {
  if (needs.to !== 'database') return needs;
  const named = needs.named === 'query' ? query : params;
  const database: unknown =
    typeof named === 'object' && named !== null ? Reflect.get(named, 'db') : undefined;
  return { to: needs.to, role: needs.role, database: typeof database === 'string' ? database : '' };
}

function refusal(admission: Extract<Admission, { admitted: false }>): ApiError {
  const { reason, message } = admission;
  switch (reason) {
    case 'unauthorized':
      return new ApiError(401, reason, message, {}, { 'www-authenticate': 'Bearer realm="octavo"' });
    case 'too-many-attempts':
      return new ApiError(
        429,
        reason,
        message,
        {},
        { 'retry-after': String(Math.ceil(admission.waitMs / 1000)) },
      );
  }
}

function forbiddenWords(need: Need): string {
  switch (need.to) {
    case 'database':
      return `This token is not enough: it takes one of the role "${need.role}" for "${need.database}". Ask whoever looks after the server.`;
    case 'server':
      return `This token is not enough: it takes one of the role "${need.role}" for all databases ("*").`;
    case 'access':
      return 'Tokens are made and revoked with the octavo command, or with a token of the role "admin" for all databases ("*").';
    case 'files':
      return 'A database is replaced with the octavo command, by somebody who can read the data folder.';
    case 'anybody':
      return 'This is not allowed.';
  }
}
