import type { ErrorMessage } from './remote-error.ts';

/** From the caller to the one who serves. */
export type Request =
  | { rpc: 'call'; id: number; name: string; args: readonly unknown[] }
  | { rpc: 'subscribe'; id: number; name: string; args: readonly unknown[] }
  | { rpc: 'unsubscribe'; id: number }
  | { rpc: 'goodbye' };

/** From the one who serves to the caller. */
export type Response =
  | { rpc: 'result'; id: number; value: unknown }
  | { rpc: 'failure'; id: number; error: ErrorMessage }
  | { rpc: 'push'; id: number; value: unknown }
  | { rpc: 'event'; name: string; value: unknown }
  | { rpc: 'goodbye' };

type Fields = Record<string, unknown>;

const isFields = (data: unknown): data is Fields => typeof data === 'object' && data !== null;

function isErrorMessage(data: unknown): data is ErrorMessage {
  return isFields(data) && typeof data['code'] === 'string' && typeof data['message'] === 'string';
}

/** Reads a message of a caller; `undefined` for anything else that travels on the same port. */
export function parseRequest(data: unknown): Request | undefined {
  if (!isFields(data)) return undefined;
  const { rpc, id, name, args } = data;
  if (rpc === 'goodbye') return { rpc };
  if (typeof id !== 'number') return undefined;
  if (rpc === 'unsubscribe') return { rpc, id };
  if ((rpc !== 'call' && rpc !== 'subscribe') || typeof name !== 'string' || !Array.isArray(args))
    return undefined;
  return { rpc, id, name, args };
}

/** Reads a message of the one who serves; `undefined` for anything else that travels on the same port. */
export function parseResponse(data: unknown): Response | undefined {
  if (!isFields(data)) return undefined;
  const { rpc, id, name, value, error } = data;
  if (rpc === 'goodbye') return { rpc };
  if (rpc === 'event') return typeof name === 'string' ? { rpc, name, value } : undefined;
  if (typeof id !== 'number') return undefined;
  if (rpc === 'result' || rpc === 'push') return { rpc, id, value };
  return rpc === 'failure' && isErrorMessage(error) ? { rpc, id, error } : undefined;
}
