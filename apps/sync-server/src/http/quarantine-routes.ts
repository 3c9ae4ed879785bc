import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { PutAsideDecision } from '../databases/put-aside.ts';
import { ApiError } from './api-error.ts';
import { databaseOf, noStore } from './database-routes.ts';
import type { HttpAppOptions } from './http-app.ts';

type ChangeRequest = FastifyRequest<{ Params: { db: string; id: string } }>;

/** What could not be applied, and what becomes of it. */
export function addQuarantineRoutes(
  app: FastifyInstance,
  { config, databases, cloud }: HttpAppOptions,
): void {
  const access = { create: config.dev };
  const admin = { config: { needs: { to: 'database', role: 'admin' } } } as const;

  app.get('/:db/quarantine', admin, async (request: FastifyRequest<{ Params: { db: string } }>, reply) => {
    const name = databaseOf(request);
    const json = await databases.use(name, access, (remote) => remote.quarantine(name));
    return noStore(reply).type('application/json; charset=utf-8').send(Buffer.from(json.buffer));
  });

  app.delete('/:db/quarantine/:id', admin, (request: ChangeRequest) => decide(request, 'discard'));
  app.post('/:db/quarantine/:id/retry', admin, (request: ChangeRequest) => decide(request, 'retry'));

  async function decide(request: ChangeRequest, decision: PutAsideDecision): Promise<{ ok: true }> {
    const name = databaseOf(request);
    const id = idOf(request);
    const answer = await databases.use(name, access, (remote) => remote.decidePutAside(name, id, decision));
    switch (answer.outcome) {
      case 'done':
        await cloud?.copies.settled(name);
        return { ok: true };
      case 'refused':
        throw new ApiError(409, 'still-refused', `The change still cannot be applied. ${answer.reason}`);
      case 'unknown':
        throw unknownChange(request.params.id);
    }
  }
}

function idOf({ params: { id } }: ChangeRequest): number {
  if (/^\d{1,15}$/.test(id)) return Number(id);
  throw unknownChange(id);
}

function unknownChange(id: string): ApiError {
  return new ApiError(
    404,
    'unknown-change',
    `There is no change ${id} put aside. Somebody may have dealt with it, or a newer edit has replaced it.`,
  );
}
