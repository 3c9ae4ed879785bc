import type { FastifyInstance, FastifyRequest } from 'fastify';
import * as v from 'valibot';
import type { CloudChecks } from '../cloud/cloud-checks.ts';
import type { CloudCopies } from '../cloud/cloud-copies.ts';
import { failureOf } from '../cloud/copy-state.ts';
import { mayWrite } from '../auth/principal.ts';
import { databaseNameHelp, isDatabaseName } from '../databases/database-name.ts';
import { ApiError } from './api-error.ts';
import { type DatabaseRequest, databaseOf, noStore, parse } from './database-routes.ts';
import type { HttpAppOptions } from './http-app.ts';

const UNTRIED = { failure: 'failed', message: 'The database could not be read. Its log says why.' };

/** What the server keeps outside its disk. */
export interface Cloud {
  copies: CloudCopies;
  checks: CloudChecks;
}

const databaseQuery = v.object({ db: v.pipe(v.string(), v.check(isDatabaseName, databaseNameHelp)) });

const BYTES_PER_MB = 1024 * 1024;
const OFF = 'This server keeps no copies: OCTAVO_CLOUD is off.';

/** Says with every answer about a database that its copy fails, tries again when asked to, and looks for news there. */
export function addCloudRoutes(
  app: FastifyInstance,
  { cloud, sizes, counts }: Pick<HttpAppOptions, 'cloud' | 'sizes' | 'counts'>,
): void {
  const reader = { config: { needs: { to: 'database', role: 'reader', named: 'query' } } } as const;
  const member = { config: { needs: { to: 'database', role: 'member', named: 'query' } } } as const;

  app.addHook('onSend', (request, reply, payload, done) => {
    // Whoever may not ask about a database does not hear how it is.
    const denied = reply.statusCode === 401 || reply.statusCode === 403;
    const { needs = { to: 'anybody' } } = request.routeOptions.config;
    const isAbout = needs.to !== 'anybody' && !denied;
    const name = isAbout ? (databaseIn(request.params) ?? databaseIn(request.query)) : undefined;
    if (name !== undefined && failureOf(cloud?.copies.states.get(name)) !== undefined)
      void reply.header('x-sync-status', 'failed');
    done(null, payload);
  });

  app.get(
    '/:db/cloud',
    { config: { needs: { to: 'database', role: 'reader' } } },
    (request: DatabaseRequest, reply) => {
      const name = databaseOf(request);
      const state = cloud?.copies.states.get(name);
      const writes = mayWrite(request.principal, name);
      return noStore(reply).send({
        state: cloud === undefined ? 'off' : (state?.state ?? 'unknown'),
        failure: failureOf(state) ?? null,
        // Where it is kept, and the store's own words, which name folders and buckets, are for whoever may write there.
        message: writes && state?.state === 'failed' ? state.message : null,
        place: writes ? (cloud?.copies.place ?? null) : null,
        version: state?.version ?? 0,
        through: Number(state?.through ?? 0n),
        copiedAt: state?.at ?? null,
        size: sizes.sizeOf(name) ?? null,
        uploads: counts.of(name),
      });
    },
  );

  app.post('/api/retry-sync', member, async (request, reply) => {
    const { db } = parse(databaseQuery, request.query);
    if (cloud === undefined) throw new ApiError(404, 'no-cloud', OFF);
    const state = await cloud.copies.retry(db);
    if (state?.state === 'current') return { ok: true, version: state.version };
    const { failure, message } = state?.state === 'failed' ? state : UNTRIED;
    return reply.code(502).send({ ok: false, error: failure, message });
  });

  app.post('/api/check-and-sync', reader, (request, reply) => {
    const { db } = parse(databaseQuery, request.query);
    if (cloud === undefined) return reply.send({ initiated: false, message: OFF, status: 'idle' });
    const initiated = cloud.checks.begin(db);
    const { status, message } = cloud.checks.statusOf(db);
    return noStore(reply).send({ initiated, message, status });
  });

  app.get('/api/sync-status', reader, async (request: FastifyRequest, reply) => {
    const { db } = parse(databaseQuery, request.query);
    const bytes = await cloud?.checks.sizeOf(db);
    const found = cloud?.checks.statusOf(db);
    return noStore(reply).send({
      status: found?.status ?? 'idle',
      message: found?.message ?? OFF,
      progress: found?.progress ?? 0,
      is_syncing: cloud?.checks.isRunning(db) ?? false,
      needs_reload: found?.needsReload ?? false,
      file_size_mb: Math.round(((bytes ?? 0) / BYTES_PER_MB) * 100) / 100,
    });
  });
}

function databaseIn(fields: unknown): string | undefined {
  const found = v.safeParse(v.object({ db: v.string() }), fields);
  return found.success ? found.output.db : undefined;
}
