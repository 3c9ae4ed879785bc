import { S3ServiceException } from '@aws-sdk/client-s3';
import { StoreError, type StoreFailure } from './object-store.ts';

/** Codes of S3's answers, and of the system where there was none. */
const failures: Readonly<Record<string, StoreFailure>> = {
  AccessDenied: 'refused',
  InvalidAccessKeyId: 'refused',
  SignatureDoesNotMatch: 'refused',
  ExpiredToken: 'refused',
  NoSuchBucket: 'refused',
  CredentialsProviderError: 'refused',
  BadDigest: 'damaged',
  XAmzContentChecksumMismatch: 'damaged',
  InvalidDigest: 'damaged',
  QuotaExceeded: 'full',
  XMinioStorageFull: 'full',
  EntityTooLarge: 'full',
  ECONNREFUSED: 'unreachable',
  ENOTFOUND: 'unreachable',
  EAI_AGAIN: 'unreachable',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ECONNRESET: 'silent',
  EPIPE: 'silent',
  TimeoutError: 'silent',
  RequestTimeout: 'silent',
};

/** What came out of the SDK as a StoreError; the signal's reason where it was the signal. */
export function toStoreError(error: unknown, signal: AbortSignal): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof StoreError) return error;
  const names = namesOf(error);
  const known = names.map((name) => failures[name]).find((failure) => failure !== undefined);
  const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
  const failure = known ?? (status === 403 ? 'refused' : status === 507 ? 'full' : 'failed');
  const message = error instanceof Error && error.message !== '' ? error.message : (names[0] ?? 'unknown');
  return new StoreError(failure, status === undefined ? message : `${message} (${status})`, { cause: error });
}

/** The codes and names of an error and of what caused it. */
function namesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const code = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const inner = error instanceof AggregateError ? error.errors : [error.cause];
  return [...code, error.name, ...inner.flatMap(namesOf)];
}
