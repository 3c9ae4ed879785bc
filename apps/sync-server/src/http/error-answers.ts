import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { SqliteFailure } from '@octavo/crsqlite/errors.ts';
import * as v from 'valibot';
import { NoRoomError, NoSuchDatabaseError } from '../databases/unavailable.ts';
import { DatabaseOutOfServiceError } from '../databases/out-of-service.ts';
import { sqliteDetails } from '../databases/host-errors.ts';
import { SnapshotFailedError } from '../snapshots/snapshot-builder.ts';
import { ApiError } from './api-error.ts';

/** By then somebody may have gone. */
const RETRY_AFTER_SECONDS = 10;

/** What anything thrown while answering a request means to its sender. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof NoSuchDatabaseError) return new ApiError(404, 'unknown-database', error.message);
  if (error instanceof NoRoomError)
    return new ApiError(503, 'overloaded', error.message, {}, { 'retry-after': String(RETRY_AFTER_SECONDS) });
  if (error instanceof DatabaseOutOfServiceError)
    return new ApiError(503, 'database-out-of-service', error.message);
  if (error instanceof RemoteError) return fromThread(error);
  if (error instanceof SnapshotFailedError) return snapshotFailed(error.message);
  const framework = v.safeParse(frameworkError, error);
  if (framework.success) return fromFramework(framework.output);
  return new ApiError(
    500,
    'internal',
    'Something failed that should not have; the log of the server has the details.',
  );
}

/** The part of Fastify's errors that is about the request. */
const frameworkError = v.object({
  statusCode: v.pipe(v.number(), v.minValue(400), v.maxValue(499)),
  message: v.string(),
});

function fromFramework({ statusCode, message }: v.InferOutput<typeof frameworkError>): ApiError {
  switch (statusCode) {
    case 403:
      return new ApiError(403, 'forbidden-path', 'This path leads out of the app; addresses have no "..".');
    case 413:
      return new ApiError(413, 'body-too-large', `${message}. Send it in smaller parts.`);
    case 415:
      return new ApiError(415, 'unsupported-media-type', 'Bodies must be application/json.');
    default:
      return new ApiError(statusCode, 'malformed-request', message);
  }
}

function fromThread(error: RemoteError): ApiError {
  switch (error.code) {
    case 'sqlite': {
      const { failure, resultCode } = v.parse(sqliteDetails, error.details);
      const [status, name] = answerByFailure[failure];
      return new ApiError(status, name, error.message, { isSQLiteError: true, code: resultCode });
    }
    case 'invalid-input':
    case 'unknown-name':
      return new ApiError(400, error.code, error.message);
    case 'copy-failed':
      return snapshotFailed(error.message);
    case 'result-too-large':
      return new ApiError(413, error.code, error.message);
    case 'schema-too-new':
      return new ApiError(503, error.code, error.message);
    case 'deadline':
      return new ApiError(504, 'timeout', 'The database did not answer in time. Try again later.');
    case 'not-open':
    case 'file-changed':
    case 'closed':
      return new ApiError(
        503,
        'database-failed',
        `The database has to be opened again: ${error.message} Try again.`,
      );
    default:
      return new ApiError(
        500,
        'internal',
        'Something failed that should not have; the log of the server has the details.',
      );
  }
}

function snapshotFailed(why: string): ApiError {
  return new ApiError(503, 'snapshot-failed', `${why} New replicas can be filled by streaming.`);
}

const answerByFailure: Record<SqliteFailure, readonly [status: number, error: string]> = {
  statement: [400, 'sql-error'],
  constraint: [400, 'sql-error'],
  busy: [503, 'database-busy'],
  full: [507, 'disk-full'],
  access: [503, 'database-unavailable'],
  corrupt: [503, 'database-corrupt'],
  io: [503, 'database-failed'],
  trapped: [503, 'database-failed'],
};
