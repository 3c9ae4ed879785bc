import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { closeReasonByCode, closeReasonOf, type CloseReason } from '@octavo/protocol/close-codes.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import type { Failure, FailureCode } from '../state.ts';
import { InvalidChangeError } from '../storage/validate-change.ts';

/** Failures that are noticed on this side. */
export const failures = {
  noNetwork: { code: 'unreachable', message: 'The browser says that there is no network.' },
  noAnswer: { code: 'silent', message: 'The server does not answer.' },
  fellSilent: { code: 'silent', message: 'The connection is open but the server has fallen silent.' },
  unconfirmed: {
    code: 'acks-overdue',
    message: 'The server did not confirm that it had stored the changes.',
  },
  acksOverdue: {
    code: 'acks-overdue',
    message: 'The server is connected but does not confirm that it has stored the changes.',
  },
} as const satisfies Record<string, Failure>;

const codeByReason: Record<CloseReason, FailureCode> = {
  stopped: 'server-restarting',
  restarting: 'server-restarting',
  refused: 'refused',
  'handshake-timeout': 'silent',
  superseded: 'refused',
  malformed: 'misunderstood',
  'too-large': 'misunderstood',
  unexpected: 'misunderstood',
  'invalid-change': 'misunderstood',
  'read-only': 'refused',
  silent: 'silent',
  'database-failed': 'server-failed',
};

/** What it means that the transport ended with this code, and maybe with the server's words. */
export function failureOfClose(code: number, words: string): Failure {
  const reason = closeReasonByCode(code);
  return {
    code: reason === undefined ? 'unreachable' : codeByReason[reason],
    message: words === '' ? 'The server cannot be reached.' : words,
  };
}

/**
 * What it means for a connection that handling it threw: with which reason it is closed, and what to say of it.
 * Undefined for what no connection can go on after.
 */
export function failureOfError(error: unknown): { reason: CloseReason; failure: Failure } | undefined {
  if (error instanceof ProtocolError)
    return { reason: closeReasonOf(error), failure: { code: 'misunderstood', message: error.message } };
  if (error instanceof InvalidChangeError)
    return { reason: 'invalid-change', failure: { code: 'misunderstood', message: error.message } };
  if (!(error instanceof SqliteError) || error.failure === 'trapped') return undefined;
  const code = error.failure === 'full' ? 'own-disk-full' : 'own-database-failed';
  return { reason: 'database-failed', failure: { code, message: error.message } };
}
