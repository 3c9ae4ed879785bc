import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import * as v from 'valibot';
import { databaseNameHelp, isDatabaseName } from '../databases/database-name.ts';
import type { Check } from '../databases/host-interface.ts';
import { bindSchema } from '../databases/json-values.ts';
import { serverVersion } from '../version.ts';
import { mayCreate } from '../auth/principal.ts';
import { ApiError } from './api-error.ts';
import { demand } from './authorise.ts';
import type { HttpAppOptions } from './http-app.ts';

export type DatabaseRequest = FastifyRequest<{ Params: { db: string } }>;

const execBody = v.object({
  sql: v.pipe(v.string(), v.nonEmpty()),
  bind: v.optional(bindSchema, []),
});

const healthQuery = v.object({ depth: v.optional(v.picklist(['quick', 'full']), 'quick') });

/** Everything under `/:db/`. */
export function addDatabaseRoutes(
  app: FastifyInstance,
  { config, databases, logger, snapshots, cloud }: HttpAppOptions,
): void {
  /** Whoever develops may begin a database by naming it. */
  const access = { create: config.dev };
  const reader = { config: { needs: { to: 'database', role: 'reader' } } } as const;
  const member = { config: { needs: { to: 'database', role: 'member' } } } as const;
  const admin = { config: { needs: { to: 'database', role: 'admin' } } } as const;

  app.get('/:db/meta', reader, async (request: DatabaseRequest, reply) => {
    const name = databaseOf(request);
    const meta = await databases.use(name, access, (remote) => remote.meta(name));
    return noStore(reply).send({ ...meta, serverVersion });
  });

  app.post('/:db/exec', admin, async (request: DatabaseRequest, reply) => {
    requireDev(config.dev);
    const name = databaseOf(request);
    const { sql, bind } = parse(execBody, request.body);
    const json = await databases.use(name, access, (remote) => remote.exec(name, sql, bind));
    await cloud?.copies.settled(name);
    return noStore(reply).type('application/json; charset=utf-8').send(Buffer.from(json.buffer));
  });

  app.post('/:db/reset', admin, async (request: DatabaseRequest) => {
    requireDev(config.dev);
    const name = databaseOf(request);
    const { trash } = await databases.reset(name, new Date());
    await snapshots.discard(name);
    logger.info({ database: name, trash }, 'database reset');
    // Whoever finds the store is to know which shop this name stands for now.
    cloud?.copies.wrote(name);
    await cloud?.copies.settled(name);
    const { siteId, lineage } = await databases.use(name, access, (remote) => remote.meta(name));
    return { ok: true, siteId, lineage };
  });

  app.post('/:db/import', member, async (request: DatabaseRequest) => {
    const name = databaseOf(request);
    const create = mayCreate(request.principal, name);
    const result = await databases.use(name, { create }, (remote) => remote.importBooks(name, request.body));
    await cloud?.copies.settled(name);
    return result;
  });

  app.get('/:db/health', reader, async (request: DatabaseRequest, reply) => {
    const name = databaseOf(request);
    const { depth } = parse(healthQuery, request.query);
    // Reads every page of the file.
    if (depth === 'full') demand(request, { to: 'database', database: name, role: 'admin' });
    const checks = await databases
      .use(name, access, (remote) => remote.check(name, depth))
      .catch((error: unknown): Check[] => {
        const detail = databases.outOfService.get(name);
        if (detail === undefined) throw error;
        return [{ name: 'in service', ok: false, detail }];
      });
    const ok = checks.every((check) => check.ok);
    return noStore(reply)
      .code(ok ? 200 : 503)
      .send({ ok, checks });
  });

  app.get('/:db/file', admin, async (request: DatabaseRequest, reply) => {
    const name = databaseOf(request);
    const copy = databases.folder.temporaryPath(name);
    const discard = () => rm(copy, { force: true });
    try {
      await databases.use(name, access, (remote) => remote.copyFile(name, copy)).catch(asNoCopy);
      const { size } = await stat(copy);
      const stream = createReadStream(copy);
      stream.once('close', () => {
        discard().catch((error: unknown) => logger.error({ err: error }, 'a temporary copy was not removed'));
      });
      return await noStore(reply)
        .type('application/vnd.sqlite3')
        .header('content-length', size)
        .header('content-disposition', `attachment; filename="${name}"`)
        .send(stream);
    } catch (error) {
      await discard();
      throw error;
    }
  });
}

export function databaseOf(request: DatabaseRequest): string {
  const { db } = request.params;
  if (!isDatabaseName(db)) throw new ApiError(400, 'bad-database-name', databaseNameHelp);
  return db;
}

function requireDev(dev: boolean): void {
  if (dev) return;
  throw new ApiError(
    403,
    'dev-only',
    'This is for development only: start the server with OCTAVO_DEV=1 to use it.',
  );
}

export function parse<Schema extends v.GenericSchema>(schema: Schema, given: unknown): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, given);
  if (parsed.success) return parsed.output;
  const words = parsed.issues.map((issue) => {
    const path = v.getDotPath(issue);
    return path === null ? issue.message : `${path}: ${issue.message}`;
  });
  throw new ApiError(400, 'invalid-input', `The request is not what is expected here. ${words.join(' ')}`);
}

/** A copy of the file could not be written; the database itself is well. */
function asNoCopy(error: unknown): never {
  if (error instanceof RemoteError && error.code === 'copy-failed')
    throw new ApiError(503, error.code, error.message);
  throw error;
}

/** What a database says is true now only. */
export function noStore(reply: FastifyReply): FastifyReply {
  return reply.header('cache-control', 'no-store');
}
