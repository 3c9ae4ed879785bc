/**
 * One end of a channel: a `Worker`, a `MessagePort`, or the global scope inside a worker, in the browser or in Node.
 * What speaks another dialect (Node's `Worker` is an event emitter) is adapted by its owner in a few lines.
 */
export interface Port {
  postMessage(message: unknown, transfer?: readonly object[]): void;
  addEventListener(type: 'message', listener: (event: object) => void): void;
  removeEventListener(type: 'message', listener: (event: object) => void): void;
  /** Message ports keep what arrives until they are started. */
  start?(): void;
}

/** What a message event carries. Platforms disagree on the event's type, not on where its data is. */
export function eventData(event: object): unknown {
  return 'data' in event ? event.data : undefined;
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
