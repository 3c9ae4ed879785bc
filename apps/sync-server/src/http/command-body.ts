import { MOST_COVER_BYTES } from '@octavo/shop/server-commands/wire.ts';
import type { FastifyInstance } from 'fastify';
import { ApiError } from './api-error.ts';
import { hasMoreParts, parseJson } from './json-body.ts';

const BYTES_PER_MB = 1024 * 1024;

/** An image as base64, with what is around it. */
const MOST_BYTES = Math.ceil((MOST_COVER_BYTES * 4) / 3) + 64 * 1024;

/**
 * What is read before it is said that it is too large: whoever is cut off while sending may never see the answer, and
 * sends it again.
 */
export const MOST_BYTES_READ = 16 * BYTES_PER_MB;

/** Above this, only one long text is expected. */
const INTRICATE_BYTES = 64 * 1024;
const MOST_PARTS = 1_000;

/** Reads bodies of commands, which may bring an image and are otherwise small. */
export function readCommandBodies(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    if (bytes.length > MOST_BYTES) {
      const megabytes = (bytes.length / BYTES_PER_MB).toFixed(1);
      const words = `This has ${megabytes} MB. A command may bring an image of at most ${MOST_COVER_BYTES / BYTES_PER_MB} MB: make it smaller.`;
      done(new ApiError(413, 'body-too-large', words));
    } else if (bytes.length > INTRICATE_BYTES && hasMoreParts(bytes, MOST_PARTS)) {
      done(new ApiError(413, 'body-too-large', 'Of a command only an image may be large.'));
    } else parseJson(bytes.toString('utf8'), done);
  });
}
