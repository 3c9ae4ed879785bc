import { type FileHandle, open } from 'node:fs/promises';
import { schema } from '@octavo/shop/schema.ts';
import { toHex } from '@octavo/protocol/identity.ts';
import type { FastifyInstance, FastifyReply } from 'fastify';
import * as v from 'valibot';
import { SnapshotFailedError } from '../snapshots/snapshot-builder.ts';
import type { KeptSnapshot } from '../snapshots/snapshot-shelf.ts';
import { ApiError } from './api-error.ts';
import { rangeOf } from './byte-range.ts';
import { databaseOf, type DatabaseRequest, noStore, parse } from './database-routes.ts';
import type { HttpAppOptions } from './http-app.ts';

const CHUNK_BYTES = 256 * 1024;

const snapshotQuery = v.object({
  /** Of whoever asks. */
  schemaVersion: v.optional(v.pipe(v.string(), v.regex(/^\d{1,9}$/), v.transform(Number))),
});

/**
 * `GET /:db/snapshot`: what new replicas are filled from. The bytes of one `ETag` never change, so a download that was
 * cut goes on with `Range` and `If-Range`, also after the next snapshot was made.
 */
export function addSnapshotRoute(app: FastifyInstance, { config, snapshots }: HttpAppOptions): void {
  const access = { create: config.dev };

  app.route({
    method: ['GET', 'HEAD'],
    url: '/:db/snapshot',
    config: { needs: { to: 'database', role: 'reader' } },
    handler: async (request: DatabaseRequest, reply) => {
      const name = databaseOf(request);
      const { schemaVersion = schema.version } = parse(snapshotQuery, request.query);
      if (schemaVersion !== schema.version) {
        throw new ApiError(
          409,
          'other-schema-version',
          `Snapshots here are of schema ${schema.version}, the app knows ${schemaVersion}. Fill the replica by streaming.`,
        );
      }
      const { range, 'if-range': condition, 'if-none-match': ifNoneMatch } = request.headers;
      const ifRange = condition === undefined ? undefined : String(condition);
      const begun = /^"([\da-f]{64})"$/.exec(ifRange ?? '')?.[1];
      const kept = begun === undefined ? undefined : await snapshots.kept(name, begun, access);
      const snapshot = kept ?? (await snapshots.current(name, access));

      const tag = `"${snapshot.facts.sha256}"`;
      describe(noStore(reply), name, snapshot, tag);
      if (matches(ifNoneMatch, tag)) return reply.code(304).send();

      const { bytes } = snapshot.facts;
      const part = ifRange === undefined || ifRange === tag ? rangeOf(range, bytes) : 'whole';
      if (part === 'unsatisfiable') {
        void reply.header('content-range', `bytes */${bytes}`);
        throw new ApiError(
          416,
          'range-not-satisfiable',
          `The snapshot has ${bytes} bytes; what begins after them cannot be sent.`,
        );
      }
      const { start, end } = part === 'whole' ? { start: 0, end: bytes - 1 } : part;
      // Opened before anything is said: from then on it can be read to its end, also if it is removed meanwhile.
      const file = request.method === 'HEAD' ? undefined : await openSnapshot(snapshot);
      if (part !== 'whole') void reply.code(206).header('content-range', `bytes ${start}-${end}/${bytes}`);
      return reply
        .type('application/gzip')
        .header('content-length', end - start + 1)
        .send(file?.createReadStream({ start, end, highWaterMark: CHUNK_BYTES }));
    },
  });
}

function describe(reply: FastifyReply, name: string, { facts }: KeptSnapshot, tag: string): void {
  void reply.headers({
    etag: tag,
    'accept-ranges': 'bytes',
    'content-disposition': `attachment; filename="${name}.snapshot.gz"`,
    'octavo-db-version': String(facts.version),
    'octavo-lineage': toHex(facts.lineage),
    'octavo-sha256': facts.sha256,
    'octavo-schema-version': facts.schemaVersion,
    'octavo-database-bytes': facts.databaseBytes,
    'octavo-cells': facts.cells,
  });
}

/** Whether `If-None-Match` names this tag; what is compared weakly may be marked as weak. */
function matches(header: string | undefined, tag: string): boolean {
  const tags = header?.split(',').map((one) => one.trim().replace(/^W\//, '')) ?? [];
  return tags.includes('*') || tags.includes(tag);
}

/** @throws SnapshotFailedError where it was removed just now, as a reset does. */
async function openSnapshot({ path }: KeptSnapshot): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw new SnapshotFailedError('The snapshot was removed at this moment. Try again.', { cause });
  }
}
