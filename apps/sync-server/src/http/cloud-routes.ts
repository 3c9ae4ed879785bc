import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import type { CloudCopies } from '../cloud/cloud-copies.ts';
import { databaseNameHelp, isDatabaseName } from '../databases/database-name.ts';
import { ApiError } from './api-error.ts';
import { demand } from './authorise.ts';
import { parse } from './database-routes.ts';

const databaseQuery = v.object({ db: v.pipe(v.string(), v.check(isDatabaseName, databaseNameHelp)) });

/** Says with every answer about a database that its copy failed, and lets whoever may write try again. */
export function addCloudRoutes(app: FastifyInstance, copies: CloudCopies | undefined): void {
  app.addHook('onSend', (request, reply, payload, done) => {
    const name = databaseIn(request.params) ?? databaseIn(request.query);
    if (name !== undefined && copies?.states.get(name)?.state === 'failed')
      void reply.header('x-sync-status', 'failed');
    done(null, payload);
  });

  app.post('/api/retry-sync', { config: { needs: { to: 'anybody' } } }, async (request, reply) => {
    const { db } = parse(databaseQuery, request.query);
    demand(request, { to: 'database', database: db, role: 'member' });
    if (copies === undefined)
      throw new ApiError(404, 'no-cloud', 'This server keeps no copies: OCTAVO_CLOUD is off.');
    const state = await copies.retry(db);
    switch (state?.state) {
      case 'failed':
        return reply.code(502).send({ ok: false, error: state.failure, message: state.message });
      case 'current':
      case 'uploading':
        return { ok: true, version: state.version };
      case undefined:
        throw new ApiError(404, 'no-such-database', `There is no database "${db}" here.`);
    }
  });
}

function databaseIn(fields: unknown): string | undefined {
  const found = v.safeParse(v.object({ db: v.string() }), fields);
  return found.success ? found.output.db : undefined;
}
