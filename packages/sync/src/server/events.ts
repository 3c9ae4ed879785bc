import type { CloseReason } from '@octavo/protocol/close-codes.ts';
import type { CloudReport } from './cloud-news.ts';

/** What happens to a server's database. Connections are numbered by the shell, each higher than all before it. */
export type ServerEvent =
  /** A connection stands; its shell knows who is at the other end, and whether changes are taken from there. */
  | { type: 'opened'; connection: number; mayWrite: boolean }
  /**
   * A frame of a client. With `more`, another event follows soon, maybe after many frames: what this one brings is told to
   * the other sessions then, and what many bring in one go.
   */
  | { type: 'frame'; connection: number; bytes: Uint8Array; more?: boolean }
  | { type: 'closed'; connection: number }
  /** Something outside of any connection committed a change: an administrator, the command line. */
  | { type: 'committed' }
  /** How the copy outside is, as far as the shell knows by now. May repeat. */
  | { type: 'cloud'; report: CloudReport }
  /** The moment asked for by a `wake` effect has come. Coming early or twice does no harm. */
  | { type: 'tick' }
  /** Close every connection, telling the clients why. */
  | { type: 'stop'; reason: CloseReason };

/** What the shell does for a server's database. */
export type ServerEffect =
  /** A frame with so many changes in it; or one that acknowledges so many, which may be held back to slow a client down. */
  | { type: 'send'; connection: number; frame: Uint8Array<ArrayBuffer>; changes: number; taken: number }
  | { type: 'close'; connection: number; code: number; reason: CloseReason; message: string }
  /** Send a `tick` at this monotonic time; replaces the one asked for before; `undefined` asks for none. */
  | { type: 'wake'; at: number | undefined };
