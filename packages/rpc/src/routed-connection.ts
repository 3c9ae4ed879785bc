import type { CallOptions, Connection, SubscribeOptions } from './connect.ts';
import { connect, type SubscriptionArgs, type SubscriptionValue } from './connect.ts';
import type { Port, Scheduler } from './port.ts';
import { timers } from './port.ts';
import { RemoteError } from './remote-error.ts';
import type { MethodsOf, SubscriptionsOf } from './serve.ts';

export interface RoutedOptions {
  /** Milliseconds that a call may take in all, over every end that it is sent to. */
  deadlineMs: number;
  scheduler?: Scheduler;
  /** Milliseconds since any fixed moment. */
  now?: () => number;
  /** The end attached last has closed by itself. */
  onClosed?: () => void;
}

type Started<
  Methods extends MethodsOf<Methods>,
  Subscriptions extends SubscriptionsOf<Subscriptions>,
  Events,
> = (connection: Connection<Methods, Subscriptions, Events>) => () => void;

/**
 * A connection whose other end may be replaced. Calls wait while there is none, and a call whose end is gone before it
 * answered is sent to the next one *again*: whoever serves has to know by the arguments what was done already.
 * Subscriptions begin anew at each end; values that were marked to be moved cannot be sent twice and are no arguments
 * for this.
 */
export class RoutedConnection<
  Methods extends MethodsOf<Methods>,
  Subscriptions extends SubscriptionsOf<Subscriptions> = object,
  Events = object,
> {
  readonly #options: RoutedOptions;
  readonly #scheduler: Scheduler;
  readonly #now: () => number;
  /** Subscriptions and listeners, each with what ends it at the present end. */
  readonly #lasting = new Map<Started<Methods, Subscriptions, Events>, (() => void) | undefined>();
  #connection: Connection<Methods, Subscriptions, Events> | undefined;
  #paused = false;
  #ready = Promise.withResolvers<Connection<Methods, Subscriptions, Events>>();
  #closedBecause: string | undefined;

  constructor(options: RoutedOptions) {
    this.#options = options;
    this.#scheduler = options.scheduler ?? timers;
    this.#now = options.now ?? (() => performance.now());
  }

  /** The present end, for what concerns only this one. */
  get connection(): Connection<Methods, Subscriptions, Events> | undefined {
    return this.#connection;
  }

  /** Goes on at another end: calls without an answer and subscriptions move there. */
  attach(port: Port): void {
    this.detach('another end takes over.');
    const connection = connect<Methods, Subscriptions, Events>(port, {
      deadlineMs: this.#options.deadlineMs,
      scheduler: this.#scheduler,
      onClose: () => {
        if (this.#connection !== connection) return;
        this.#forget();
        this.#options.onClosed?.();
      },
    });
    this.#connection = connection;
    this.#paused = false;
    for (const start of [...this.#lasting.keys()]) this.#lasting.set(start, start(connection));
    this.#ready.resolve(connection);
  }

  /** Leaves the present end. Until the next one everything waits. */
  detach(reason: string): void {
    const connection = this.#connection;
    if (connection === undefined) return;
    this.#forget();
    connection.close(reason);
  }

  /** New calls wait from now on, as without an end: the present one does not answer. Calls under way are left alone. */
  pause(): void {
    if (this.#connection === undefined || this.#paused) return;
    this.#paused = true;
    this.#ready = Promise.withResolvers();
  }

  resume(): void {
    if (this.#connection === undefined || !this.#paused) return;
    this.#paused = false;
    this.#ready.resolve(this.#connection);
  }

  /** Rejects with RemoteError `unreached` when there was nobody to send it to in time: then it was not done. */
  async call<Name extends keyof Methods & string>(
    name: Name,
    args: Parameters<Methods[Name]>,
    { deadlineMs = this.#options.deadlineMs, signal }: CallOptions = {},
  ): Promise<Awaited<ReturnType<Methods[Name]>>> {
    const until = this.#now() + deadlineMs;
    let sent = false;
    for (;;) {
      const connection = await this.#reach(name, until, sent);
      sent = true;
      try {
        const left = Math.max(0, until - this.#now());
        return await connection.call(name, args, { deadlineMs: left, ...(signal && { signal }) });
      } catch (error) {
        const gone = error instanceof RemoteError && error.code === 'closed';
        if (!gone || this.#closedBecause !== undefined) throw error;
      }
    }
  }

  /** Begins a subscription at the present end and at every later one. Returns the function that ends it. */
  subscribe<Name extends keyof Subscriptions & string>(
    name: Name,
    args: SubscriptionArgs<Subscriptions[Name]>,
    listener: (value: SubscriptionValue<Subscriptions[Name]>) => void,
    { onError }: SubscribeOptions = {},
  ): () => void {
    return this.#keep((connection) =>
      connection.subscribe(name, args, listener, {
        onError: (error) => {
          // An end that is gone is no error of the subscription: it goes on at the next one.
          if (error.code !== 'closed' || this.#closedBecause !== undefined) onError?.(error);
        },
      }),
    );
  }

  /** Listens to an event of whichever end is the present one. Returns the function that ends it. */
  on<Name extends keyof Events & string>(name: Name, listener: (value: Events[Name]) => void): () => void {
    return this.#keep((connection) => connection.on(name, listener));
  }

  /** Fails what waits, by name, and everything that is asked afterwards. */
  close(reason: string): void {
    if (this.#closedBecause !== undefined) return;
    this.#closedBecause = reason;
    this.detach(reason);
    this.#ready.promise.catch(() => undefined);
    this.#ready.reject(closed(reason));
    this.#lasting.clear();
  }

  #keep(start: Started<Methods, Subscriptions, Events>): () => void {
    this.#lasting.set(start, this.#connection && start(this.#connection));
    return () => {
      this.#lasting.get(start)?.();
      this.#lasting.delete(start);
    };
  }

  #forget(): void {
    this.#connection = undefined;
    if (!this.#paused) this.#ready = Promise.withResolvers();
    this.#paused = false;
    for (const start of this.#lasting.keys()) this.#lasting.set(start, undefined);
  }

  async #reach(
    name: string,
    until: number,
    sent: boolean,
  ): Promise<Connection<Methods, Subscriptions, Events>> {
    const late = Promise.withResolvers<never>();
    const cancel = this.#scheduler.after(Math.max(0, until - this.#now()), () =>
      late.reject(
        new RemoteError({
          code: sent ? 'deadline' : 'unreached',
          message: sent
            ? `"${name}" was sent, and who should have answered is gone.`
            : `There was nobody to ask for "${name}" in time. It was not done.`,
          details: undefined,
        }),
      ),
    );
    try {
      return await Promise.race([this.#ready.promise, late.promise]);
    } finally {
      cancel();
    }
  }
}

function closed(reason: string): RemoteError {
  return new RemoteError({
    code: 'closed',
    message: `This connection is closed: ${reason}`,
    details: undefined,
  });
}
