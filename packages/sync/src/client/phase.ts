import type { Hello } from '@octavo/protocol/messages.ts';
import type { Instant } from './heartbeat.ts';
import type { Link } from './link.ts';

/** Where a client stands with its one connection. */
export type Phase =
  /** Not connected; the next attempt is due at a monotonic time, or waits for somebody (undefined). */
  | { name: 'down'; retryAt: number | undefined }
  /** A transport is being opened, or open and waiting for the answer to its hello. */
  | { name: 'connecting'; connection: number; since: Instant; hello: Hello | undefined }
  | { name: 'open'; connection: number; link: Link }
  /** The identity was given up: the owner opens the file again, and this object does nothing more. */
  | { name: 'retired' };
