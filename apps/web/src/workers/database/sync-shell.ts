import type { Scheduler } from '@octavo/rpc/port.ts';
import type { ClientEffect, ClientEvent } from '@octavo/sync/client/events.ts';
import { countsOf } from '@octavo/sync/client/light.ts';
import type { Notice, SyncState } from '@octavo/sync/state.ts';

/** The part of the sync engine that its shell needs. */
export interface SyncMachine {
  handle(event: ClientEvent): ClientEffect[];
}

/** Looks on, and remembers. */
export interface SyncObserver {
  heard(event: ClientEvent): void;
  asked(effect: ClientEffect): void;
}

export interface SyncShellOptions {
  machine: SyncMachine;
  /** Begins a connection. Throws for an address that is none. */
  connect: () => WebSocket;
  scheduler: Scheduler;
  /** Are told what goes in and out. */
  observers?: readonly SyncObserver[];
  /** Milliseconds since any fixed moment: the engine's monotonic clock. */
  now: () => number;
  onState: (state: SyncState) => void;
  onNotice: (notice: Notice) => void;
  /** So many changes are on their way. What is handled now is handled before the first of them. */
  onWelcomed?: (backlog: number) => void;
  /** The file turned out to be a copy and has given up its identity: it must be opened again. */
  onRetired: () => void;
  /** The engine threw: it is not asked again. */
  onFault: (fault: unknown) => void;
}

/** How a transport that never came up is reported; the engine only needs to know that it ended. */
const NO_CONNECTION = 1006;

/**
 * Owns what the engine may not have: the socket and the timer. It feeds events in, one after the other, and performs
 * the effects in their order.
 */
export class SyncShell {
  readonly #options: SyncShellOptions;
  readonly #waiting: ClientEvent[] = [];
  readonly #sockets = new Map<number, WebSocket>();
  #cancelWake: (() => void) | undefined;
  #busy = false;
  #closed = false;

  constructor(options: SyncShellOptions) {
    this.#options = options;
  }

  /** An event may come while another is being handled (applying a frame commits): it waits for its turn. */
  handle(event: ClientEvent): void {
    if (this.#closed) return;
    if (event.type === 'committed' && this.#waiting.some(({ type }) => type === 'committed')) return;
    this.#waiting.push(event);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
        for (const observer of this.#options.observers ?? []) observer.heard(next);
        for (const effect of this.#options.machine.handle(next)) this.#perform(effect);
      }
    } catch (fault) {
      this.close();
      this.#options.onFault(fault);
    } finally {
      this.#busy = false;
    }
  }

  /** Ends the connection as a browser does that is closed. Nothing is handled afterwards. */
  close(): void {
    this.#closed = true;
    this.#waiting.length = 0;
    this.#cancelWake?.();
    for (const socket of this.#sockets.values()) socket.close();
    this.#sockets.clear();
  }

  #perform(effect: ClientEffect): void {
    for (const observer of this.#options.observers ?? []) observer.asked(effect);
    switch (effect.type) {
      case 'connect':
        this.#connect(effect.connection);
        return;
      case 'send': {
        const socket = this.#sockets.get(effect.connection);
        if (socket?.readyState === WebSocket.OPEN) socket.send(effect.frame);
        return;
      }
      case 'close':
        this.#sockets.get(effect.connection)?.close(effect.code, effect.reason);
        return;
      case 'wake':
        this.#cancelWake?.();
        this.#cancelWake =
          effect.at === undefined
            ? undefined
            : this.#options.scheduler.after(Math.max(0, effect.at - this.#options.now()), () =>
                this.handle({ type: 'tick' }),
              );
        return;
      case 'reopen':
        this.close();
        this.#options.onRetired();
        return;
      case 'welcomed':
        this.#options.onWelcomed?.(effect.backlog);
        return;
      case 'notice':
        this.#options.onNotice(effect.notice);
        return;
      case 'state':
        this.#options.onState(effect.state);
        return;
    }
  }

  #connect(connection: number): void {
    let socket: WebSocket;
    try {
      socket = this.#options.connect();
    } catch (error) {
      this.handle({ type: 'closed', connection, code: NO_CONNECTION, reason: String(error) });
      return;
    }
    socket.binaryType = 'arraybuffer';
    this.#sockets.set(connection, socket);
    socket.addEventListener('open', () => this.handle({ type: 'opened', connection }));
    socket.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      // Text is no part of the protocol: it goes on as an empty frame, which the engine refuses with its own words.
      const bytes = data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array();
      this.handle({ type: 'frame', connection, bytes });
    });
    socket.addEventListener('close', ({ code, reason }) => {
      this.#sockets.delete(connection);
      this.handle({ type: 'closed', connection, code, reason });
    });
  }
}

/** What to show when the engine has failed for a reason of its own: it will not go on by itself. */
export function faultState(state: SyncState, fault: unknown): SyncState {
  const lastFailure = `Sync has stopped because of a fault in the program (${String(fault)}). Reload the page to go on; nothing is lost.`;
  return {
    status: 'stuck',
    ...countsOf(state),
    diagnostics: { attempts: 0, code: 'own-program-failed', lastFailure },
    nextAttempt: undefined,
  };
}
