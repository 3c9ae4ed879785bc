import type { Request, Response } from './messages.ts';
import { parseResponse } from './messages.ts';
import type { Port, Scheduler } from './port.ts';
import { eventData, timers } from './port.ts';
import { RemoteError } from './remote-error.ts';
import type { MethodsOf, Sink, SubscriptionsOf } from './serve.ts';
import { transferList } from './transfer.ts';

/** The same functions, answered later. */
export type Remote<Methods extends MethodsOf<Methods>> = {
  readonly [Name in keyof Methods]: (
    ...args: Parameters<Methods[Name]>
  ) => Promise<Awaited<ReturnType<Methods[Name]>>>;
};

/** The arguments of a subscription, without the sink. */
export type SubscriptionArgs<Subscription> = Subscription extends (
  sink: infer _Sink,
  ...args: infer Args
) => unknown
  ? Args
  : never;

/** What a subscription pushes. */
export type SubscriptionValue<Subscription> = Subscription extends (
  sink: Sink<infer Value>,
  ...args: never[]
) => unknown
  ? Value
  : never;

export interface ConnectOptions {
  /** Milliseconds after which a call without an answer fails with the code `deadline`. */
  deadlineMs: number;
  scheduler?: Scheduler;
  /** Called once when the connection ends, from whichever side. */
  onClose?: (reason: string) => void;
}

export interface CallOptions {
  /** Instead of the connection's. */
  deadlineMs?: number;
  /** Gives the call up with the code `aborted`. What already runs at the other end is not undone. */
  signal?: AbortSignal;
}

export interface SubscribeOptions {
  onError?: (error: RemoteError) => void;
}

export interface Connection<
  Methods extends MethodsOf<Methods>,
  Subscriptions extends SubscriptionsOf<Subscriptions>,
  Events,
> extends Disposable {
  readonly remote: Remote<Methods>;
  /** The same as `remote.name(...args)`, with options. */
  call<Name extends keyof Methods & string>(
    name: Name,
    args: Parameters<Methods[Name]>,
    options?: CallOptions,
  ): Promise<Awaited<ReturnType<Methods[Name]>>>;
  /** Begins a subscription. Returns the function that ends it, after which the listener is not called again. */
  subscribe<Name extends keyof Subscriptions & string>(
    name: Name,
    args: SubscriptionArgs<Subscriptions[Name]>,
    listener: (value: SubscriptionValue<Subscriptions[Name]>) => void,
    options?: SubscribeOptions,
  ): () => void;
  /** Listens to an event. Returns the function that ends it. */
  on<Name extends keyof Events & string>(name: Name, listener: (value: Events[Name]) => void): () => void;
  /** Fails every call under way, by name, with the code `closed`, and refuses new ones. */
  close(reason: string): void;
}

interface Outstanding {
  name: string;
  resolve: (value: unknown) => void;
  reject: (error: RemoteError) => void;
}

/** A listener's parameter type is known to the caller only: the values of a port are as good as the one who serves. */
type Listener = (value: never) => void;

/** Connects to what is served at the other end of a port. The type parameters are the served objects' types. */
export function connect<
  Methods extends MethodsOf<Methods>,
  Subscriptions extends SubscriptionsOf<Subscriptions> = object,
  Events = object,
>(port: Port, options: ConnectOptions): Connection<Methods, Subscriptions, Events> {
  const scheduler = options.scheduler ?? timers;
  const calls = new Map<number, Outstanding>();
  const streams = new Map<
    number,
    { name: string; listener: Listener; onError: SubscribeOptions['onError'] }
  >();
  const listeners = new Map<string, Set<Listener>>();
  let nextId = 1;
  let closedBecause: string | undefined;

  const send = (request: Request, transferred: object[] = []) => port.postMessage(request, transferred);

  const closedError = (name: string, reason: string) =>
    new RemoteError({ code: 'closed', message: `"${name}" was not answered: ${reason}`, details: undefined });

  function call(
    name: string,
    args: readonly unknown[],
    { deadlineMs = options.deadlineMs, signal }: CallOptions = {},
  ): Promise<unknown> {
    const id = nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    if (closedBecause !== undefined) {
      reject(closedError(name, closedBecause));
      return promise;
    }
    const giveUp = (code: string, message: string) =>
      calls.get(id)?.reject(new RemoteError({ code, message, details: undefined }));
    const onAbort = () => giveUp('aborted', `"${name}" was given up.`);
    const cancelDeadline = scheduler.after(deadlineMs, () =>
      giveUp('deadline', `"${name}" was not answered within ${deadlineMs} ms.`),
    );
    const settle = () => {
      calls.delete(id);
      cancelDeadline();
      signal?.removeEventListener('abort', onAbort);
    };
    calls.set(id, {
      name,
      resolve: (value) => {
        settle();
        resolve(value);
      },
      reject: (error) => {
        settle();
        reject(error);
      },
    });
    if (signal?.aborted === true) onAbort();
    else {
      signal?.addEventListener('abort', onAbort);
      try {
        send({ rpc: 'call', id, name, args }, transferList(args));
      } catch (cause) {
        giveUp('not-cloneable', `The arguments of "${name}" cannot be sent: ${String(cause)}`);
      }
    }
    return promise;
  }

  function subscribe(
    name: string,
    args: readonly unknown[],
    listener: Listener,
    { onError }: SubscribeOptions = {},
  ): () => void {
    const id = nextId++;
    if (closedBecause !== undefined) {
      onError?.(closedError(name, closedBecause));
      return () => undefined;
    }
    streams.set(id, { name, listener, onError });
    send({ rpc: 'subscribe', id, name, args }, transferList(args));
    return () => {
      if (streams.delete(id)) send({ rpc: 'unsubscribe', id });
    };
  }

  function on(name: string, listener: Listener): () => void {
    const set = listeners.get(name) ?? new Set();
    listeners.set(name, set.add(listener));
    return () => void set.delete(listener);
  }

  function receive(response: Response): void {
    switch (response.rpc) {
      case 'result':
        calls.get(response.id)?.resolve(response.value);
        return;
      case 'failure': {
        const error = new RemoteError(response.error);
        calls.get(response.id)?.reject(error);
        streams.get(response.id)?.onError?.(error);
        return;
      }
      case 'push':
        streams.get(response.id)?.listener(response.value as never);
        return;
      case 'event':
        for (const listener of listeners.get(response.name) ?? []) listener(response.value as never);
        return;
      case 'goodbye':
        close('the other end has closed.');
        return;
    }
  }

  function listen(event: object): void {
    const response = parseResponse(eventData(event));
    if (response !== undefined) receive(response);
  }

  function close(reason: string): void {
    if (closedBecause !== undefined) return;
    closedBecause = reason;
    port.removeEventListener('message', listen);
    send({ rpc: 'goodbye' });
    options.onClose?.(reason);
    for (const { name, reject } of [...calls.values()]) reject(closedError(name, reason));
    for (const { name, onError } of [...streams.values()]) onError?.(closedError(name, reason));
    streams.clear();
  }

  port.addEventListener('message', listen);
  port.start?.();
  // The proxy and the cast below give the names their types back: at the port they are strings and unknown values.
  const remote = new Proxy(Object.create(null) as object, {
    // `then` is asked for when the proxy itself is awaited; a promise it is not.
    get: (_target, name) =>
      typeof name === 'string' && name !== 'then' ? (...args: unknown[]) => call(name, args) : undefined,
  });
  const connection: Untyped = {
    remote,
    call,
    subscribe,
    on,
    close,
    [Symbol.dispose]: () => close('it was closed here.'),
  };
  return connection as Connection<Methods, Subscriptions, Events>;
}

interface Untyped extends Disposable {
  remote: object;
  call(name: string, args: readonly unknown[], options?: CallOptions): Promise<unknown>;
  subscribe(
    name: string,
    args: readonly unknown[],
    listener: Listener,
    options?: SubscribeOptions,
  ): () => void;
  on(name: string, listener: Listener): () => void;
  close(reason: string): void;
}
