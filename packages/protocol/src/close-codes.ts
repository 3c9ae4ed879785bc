import type { ProtocolErrorKind } from './protocol-error.ts';

/** Why a connection was closed: a closed list. `retry` says whether the client comes back by itself. */
export const closeCodes = {
  /** The owner stopped synchronising. */
  stopped: { code: 4000, retry: false },
  /** The server is going down for a restart. */
  restarting: { code: 4001, retry: true },
  /** The handshake was answered with `refuse`; the reason says what to do. */
  refused: { code: 4002, retry: true },
  /** No complete handshake within the time allowed. */
  'handshake-timeout': { code: 4003, retry: true },
  /** A newer connection of the same site took over. */
  superseded: { code: 4004, retry: false },
  /** Bytes that are not a message of this protocol, or a text frame. */
  malformed: { code: 4010, retry: true },
  'too-large': { code: 4011, retry: true },
  /** A message out of turn. */
  unexpected: { code: 4012, retry: true },
  /** A change that can never be right: forged author, impossible version, unknown table. */
  'invalid-change': { code: 4013, retry: true },
  /** Nothing was heard for too long. */
  silent: { code: 4020, retry: true },
  /** The database could not take or give changes; the server's log has the details. */
  'database-failed': { code: 4030, retry: true },
} as const satisfies Record<string, { code: number; retry: boolean }>;

export type CloseReason = keyof typeof closeCodes;

export function closeReasonOf(error: { kind: ProtocolErrorKind }): CloseReason {
  return error.kind;
}

/** The reason behind a close code; `undefined` for codes of the transport itself (1000 to 1015). */
export function closeReasonByCode(code: number): CloseReason | undefined {
  return (Object.keys(closeCodes) as CloseReason[]).find((reason) => closeCodes[reason].code === code);
}
