import type { ProtocolErrorKind } from './protocol-error.ts';

/** Why a connection was closed: a closed list. */
export const closeCodes = {
  /** The owner stopped synchronising. */
  stopped: 4000,
  /** The server is going down for a restart, or opens the database's file anew: come back at once. */
  restarting: 4001,
  /** The handshake was answered with `refuse`; the reason says what to do. */
  refused: 4002,
  /** No complete handshake within the time allowed. */
  'handshake-timeout': 4003,
  /** A newer connection of the same site took over. */
  superseded: 4004,
  /** Bytes that are not a message of this protocol, or a text frame. */
  malformed: 4010,
  'too-large': 4011,
  /** A message out of turn. */
  unexpected: 4012,
  /** A change that can never be right: forged author, impossible version, unknown table. */
  'invalid-change': 4013,
  /** Changes came from a client that may only read. */
  'read-only': 4014,
  /** Nothing was heard for too long. */
  silent: 4020,
  /** The database could not take or give changes; the server's log has the details. */
  'database-failed': 4030,
} as const satisfies Record<string, number>;

export type CloseReason = keyof typeof closeCodes;

export function closeReasonOf(error: { kind: ProtocolErrorKind }): CloseReason {
  return error.kind;
}

/** The reason behind a close code; `undefined` for codes of the transport itself (1000 to 1015). */
export function closeReasonByCode(code: number): CloseReason | undefined {
  return (Object.keys(closeCodes) as CloseReason[]).find((reason) => closeCodes[reason] === code);
}
