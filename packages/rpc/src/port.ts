/** What a message event carries. */
export interface PortMessage {
  readonly data: unknown;
}

/** What can change hands instead of being copied, in every place that has ports. */
export type Movable = ArrayBuffer | MessagePort;

/**
 * One end of a channel: a `Worker`, a `MessagePort`, or the global scope inside a worker, in the browser or in Node.
 * What speaks another dialect (Node's `Worker` is an event emitter) is adapted by its owner in a few lines.
 */
export interface Port {
  postMessage(message: unknown, transfer: readonly Movable[]): void;
  addEventListener(type: 'message', listener: (event: PortMessage) => void): void;
  removeEventListener(type: 'message', listener: (event: PortMessage) => void): void;
  /** Message ports keep what arrives until they are started. */
  start?(): void;
}

/** The one use of time here: calls that are never answered have to end. */
export interface Scheduler {
  /** Runs something after so many milliseconds. Returns the function that calls it off. */
  after(milliseconds: number, run: () => void): () => void;
}

/** The scheduler of the platform. */
export const timers: Scheduler = {
  after: (milliseconds, run) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
