import { MOST_COVER_BYTES } from '@octavo/shop/server-commands/wire.ts';
import type { FastifyInstance } from 'fastify';
import { ApiError } from '../api-error.ts';
import { parseJson } from '../json-body.ts';

const BYTES_PER_MB = 1024 * 1024;

/** An image as base64, with what is around it. */
const MOST_BYTES = Math.ceil((MOST_COVER_BYTES * 4) / 3) + 64 * 1024;

/**
 * What is read before it is said that it is too large: whoever is cut off while sending may never see the answer, and
 * sends it again.
 */
export const MOST_BYTES_READ = 16 * BYTES_PER_MB;

/** Above this, it is not parsed here: it would take the time of everybody else. */
const LARGE_BYTES = 64 * 1024;

/** A body that was not parsed yet. */
export class LargeBody {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** Reads bodies of commands, which may bring an image and are otherwise small. */
export function readCommandBodies(scope: FastifyInstance): void {
  scope.removeContentTypeParser('application/json');
  scope.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (_request, bytes, done) => {
    if (bytes.length > MOST_BYTES) {
      const megabytes = (bytes.length / BYTES_PER_MB).toFixed(1);
      const words = `This has ${megabytes} MB. A command may bring an image of at most ${MOST_COVER_BYTES / BYTES_PER_MB} MB: make it smaller.`;
      done(new ApiError(413, 'body-too-large', words));
    } else if (bytes.length > LARGE_BYTES) done(null, new LargeBody(bytes));
    else parseJson(bytes.toString('utf8'), done);
  });
}
