import type { FastifyInstance } from 'fastify';
import * as v from 'valibot';
import { ApiError } from './api-error.ts';
import { type DatabaseRequest, databaseOf, noStore, parse } from './database-routes.ts';
import type { HttpAppOptions } from './http-app.ts';

/** A file in the folder of temporary ones, checked and prepared by the command line, which deletes it where it is refused. */
const replaceBody = v.object({ file: v.pipe(v.string(), v.nonEmpty()) });

/**
 * What `octavo db restore` and `rewind` ask first, `GET /:db/lineages`, and their last step, `POST /:db/replace`.
 */
export function addReplaceRoutes(
  app: FastifyInstance,
  { databases, snapshots, logger, cloud }: HttpAppOptions,
): void {
  const files = { config: { needs: { to: 'files' } } } as const;

  app.get('/:db/lineages', files, async (request: DatabaseRequest, reply) => {
    const name = databaseOf(request);
    const lineages = await databases.use(name, { create: false }, (remote) => remote.lineages(name));
    return noStore(reply).send(lineages);
  });

  app.post('/:db/replace', files, async (request: DatabaseRequest) => {
    const name = databaseOf(request);
    const { file } = parse(replaceBody, request.body);
    const prepared = databases.folder.temporaryFile(file);
    if (prepared === undefined)
      throw new ApiError(
        404,
        'unknown-file',
        `There is no file "${file}" to put in place. Run the command again.`,
      );
    const { trash } = await databases.replace(name, prepared, new Date());
    await snapshots.discard(name);
    logger.info({ database: name, trash }, 'database replaced');
    cloud?.copies.wrote(name);
    return { ok: true, trash: trash ?? null };
  });
}
