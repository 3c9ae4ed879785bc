import type { FastifyInstance, FastifyRequest } from 'fastify';
import { StoreError } from '../cloud/store/object-store.ts';
import { COVER_TYPE } from '../covers/make-cover.ts';
import { ApiError } from './api-error.ts';
import { databaseOf } from './database-routes.ts';
import type { HttpAppOptions } from './http-app.ts';

type CoverRequest = FastifyRequest<{ Params: { db: string; hash: string } }>;

/** What is under a hash never changes; whoever has a copy need not ask again. Others than the browser may not keep it. */
const FOR_GOOD = 'private, max-age=31536000, immutable';

/** `GET /:db/covers/:hash` */
export function addCoverRoute(app: FastifyInstance, { covers }: Pick<HttpAppOptions, 'covers'>): void {
  const reader = { config: { needs: { to: 'database', role: 'reader' } } } as const;

  app.get('/:db/covers/:hash', reader, async (request: CoverRequest, reply) => {
    const name = databaseOf(request);
    const { hash } = request.params;
    if (!/^[0-9a-f]{64}$/.test(hash)) throw unknownCover();
    const tag = `"${hash}"`;
    const known = request.headers['if-none-match']?.includes(tag) === true;
    const bytes = known ? undefined : await covers.get(name, hash).catch(asUnavailable);
    if (!known && bytes === undefined) throw unknownCover();
    void reply.header('cache-control', FOR_GOOD).header('etag', tag);
    return known ? reply.code(304).send() : reply.type(COVER_TYPE).send(bytes);
  });
}

function unknownCover(): ApiError {
  return new ApiError(404, 'unknown-cover', 'There is no such cover here.');
}

function asUnavailable(error: unknown): never {
  if (error instanceof StoreError)
    throw new ApiError(503, 'cover-unavailable', `The cover cannot be fetched now: ${error.message}`);
  throw error;
}
