import type { Response } from './messages.ts';
import { parseRequest } from './messages.ts';
import type { Port } from './port.ts';
import { eventData } from './port.ts';
import type { ErrorMessage } from './remote-error.ts';
import { errorToMessage, RemoteError } from './remote-error.ts';
import { transferList } from './transfer.ts';

/** Where a subscription's values go. Both do nothing once the subscription has ended. */
export interface Sink<Value> {
  push(value: Value): void;
  /** Reports an error and keeps the subscription. */
  fail(error: unknown): void;
}

/** Functions by name, as a plain object. */
export type MethodsOf<Methods> = { [Name in keyof Methods]: (...args: never[]) => unknown };

/** Functions that begin a stream of values and return the function that ends it, as a plain object. */
export type SubscriptionsOf<Subscriptions> = {
  [Name in keyof Subscriptions]: (sink: Sink<never>, ...args: never[]) => () => void;
};

export interface ServeOptions<Subscriptions> {
  subscriptions?: Subscriptions;
  /** How errors are described to the other end, when their own `code` and `details` do not do. */
  describeError?: (error: unknown) => ErrorMessage;
}

export interface Served<Events> extends Disposable {
  /** Tells the other end something that it did not ask for. */
  emit<Name extends keyof Events & string>(name: Name, value: Events[Name]): void;
  /** Ends every subscription and stops answering; the other end is told. Closing twice does nothing. */
  close(): void;
}

/**
 * Answers calls and subscriptions that arrive on a port. Only own properties of the two objects can be reached. What a
 * function throws goes to its caller.
 */
export function serve<
  Methods extends MethodsOf<Methods>,
  Subscriptions extends SubscriptionsOf<Subscriptions> = object,
  Events = object,
>(port: Port, methods: Methods, options: ServeOptions<Subscriptions> = {}): Served<Events> {
  const subscriptions: object = options.subscriptions ?? {};
  const describe = options.describeError ?? errorToMessage;
  const stops = new Map<number, () => void>();
  let closed = false;

  function send(response: Response, transferred: object[] = []): void {
    if (!closed) port.postMessage(response, transferred);
  }

  function sendFailure(id: number, error: unknown): void {
    const message = describe(error);
    try {
      send({ rpc: 'failure', id, error: message });
    } catch {
      // Details that cannot be copied must not cost the caller the error itself.
      send({ rpc: 'failure', id, error: { ...message, details: undefined } });
    }
  }

  function sendValue(rpc: 'result' | 'push', id: number, name: string, value: unknown): void {
    try {
      send({ rpc, id, value }, transferList([value]));
    } catch (cause) {
      const message = `The answer of "${name}" cannot be sent: ${errorToMessage(cause).message}`;
      sendFailure(id, new RemoteError({ code: 'not-cloneable', message, details: undefined }));
    }
  }

  async function call(id: number, name: string, args: readonly unknown[]): Promise<void> {
    try {
      sendValue('result', id, name, await Reflect.apply(find(methods, name), methods, args));
    } catch (error) {
      sendFailure(id, error);
    }
  }

  function subscribe(id: number, name: string, args: readonly unknown[]): void {
    let live = true;
    stops.set(id, () => (live = false));
    const sink: Sink<unknown> = {
      push: (value) => live && sendValue('push', id, name, value),
      fail: (error) => live && sendFailure(id, error),
    };
    try {
      const stop: unknown = Reflect.apply(find(subscriptions, name), subscriptions, [sink, ...args]);
      stops.set(id, () => {
        live = false;
        if (typeof stop === 'function') Reflect.apply(stop, undefined, []);
      });
    } catch (error) {
      sink.fail(error);
    }
  }

  function unsubscribe(id: number): void {
    const stop = stops.get(id);
    stops.delete(id);
    stop?.();
  }

  function listen(event: object): void {
    const request = parseRequest(eventData(event));
    if (request === undefined) return;
    switch (request.rpc) {
      case 'call':
        void call(request.id, request.name, request.args);
        return;
      case 'subscribe':
        subscribe(request.id, request.name, request.args);
        return;
      case 'unsubscribe':
        unsubscribe(request.id);
        return;
      case 'goodbye':
        for (const id of [...stops.keys()]) unsubscribe(id);
        return;
    }
  }

  function close(): void {
    if (closed) return;
    port.removeEventListener('message', listen);
    for (const id of [...stops.keys()]) unsubscribe(id);
    send({ rpc: 'goodbye' });
    closed = true;
  }

  port.addEventListener('message', listen);
  port.start?.();
  return {
    emit: (name, value) => send({ rpc: 'event', name, value }, transferList([value])),
    close,
    [Symbol.dispose]: close,
  };
}

function find(functions: object, name: string): (...args: unknown[]) => unknown {
  const found: unknown = Object.hasOwn(functions, name) ? Reflect.get(functions, name) : undefined;
  if (isFunction(found)) return found;
  throw new RemoteError({
    code: 'unknown-method',
    message: `Nothing here is called "${name}".`,
    details: undefined,
  });
}

function isFunction(value: unknown): value is (...args: unknown[]) => unknown {
  return typeof value === 'function';
}
