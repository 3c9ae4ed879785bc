import type { CloseReason } from '@octavo/protocol/close-codes.ts';
import type { Notice, SyncState } from '../state.ts';

/**
 * What happens to a client. `connection` is the number given with the `connect` effect: what a connection says after
 * the next one was begun is ignored.
 */
export type ClientEvent =
  /** The owner switches sync on or off. Both may repeat. */
  | { type: 'start' }
  | { type: 'stop' }
  | { type: 'opened'; connection: number }
  | { type: 'frame'; connection: number; bytes: Uint8Array }
  /** The transport ended, or never came up. */
  | { type: 'closed'; connection: number; code: number; reason: string }
  /** This replica's own database committed a change. */
  | { type: 'committed' }
  /** The moment asked for by a `wake` effect has come. Coming early or twice does no harm. */
  | { type: 'tick' }
  /** The browser's word on the network: worth a try at once when it returns, a reason to show when it goes. */
  | { type: 'network'; online: boolean }
  /** The page became visible or hidden. */
  | { type: 'visibility'; visible: boolean }
  /** Somebody pressed "Retry now". */
  | { type: 'retry' }
  /**
   * Whether what comes from the server is taken in: not while its backlog is being fetched in another way. It is held until
   * it is wanted, or the connection ends; what this replica has written goes out all the same.
   */
  | { type: 'inflow'; wanted: boolean };

/** What the shell does for a client. */
export type ClientEffect =
  | { type: 'connect'; connection: number }
  | { type: 'send'; connection: number; frame: Uint8Array<ArrayBuffer> }
  | { type: 'close'; connection: number; code: number; reason: CloseReason }
  /** Send a `tick` at this monotonic time; replaces the one asked for before; `undefined` asks for none. */
  | { type: 'wake'; at: number | undefined }
  /**
   * This file turned out to be a copy of a replica that lives on elsewhere; it has given up its identity. Close the
   * database, open it again, and go on with a new client: nobody needs to notice.
   */
  | { type: 'reopen' }
  /** The server has welcomed this replica, and so many changes are on their way from it. */
  | { type: 'welcomed'; backlog: number }
  /** Something happened that a person should be told once. */
  | { type: 'notice'; notice: Notice }
  /** The state to show has changed. */
  | { type: 'state'; state: SyncState };
