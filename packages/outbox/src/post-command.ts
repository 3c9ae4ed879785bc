import { ATTEMPT_HEADER, judgeAnswer, type WireCommand } from '@octavo/shop/server-commands/wire.ts';
import type { Command } from './command.ts';
import type { Delivery } from './settle.ts';

/** A server that has not answered by then is taken for one that will not, ms. */
const DEADLINE_MS = 30_000;

export interface PostOptions {
  /** As the platform's. */
  fetch: (address: URL, init: RequestInit) => Promise<Response>;
  /** Where commands of this shop go. */
  address: URL;
  token: string | null;
  /** Which attempt this is, from 1. */
  attempt: number;
  /** What ends a request that takes too long; after half a minute where nothing is said. */
  deadline?: () => AbortSignal;
}

/** Sends a command and says what came of it. Never rejects. */
export async function postCommand(command: Command, options: PostOptions): Promise<Delivery> {
  const { address, token, attempt, deadline = () => AbortSignal.timeout(DEADLINE_MS) } = options;
  try {
    const response = await options.fetch(address, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [ATTEMPT_HEADER]: String(attempt),
        ...(token !== null && { authorization: `Bearer ${token}` }),
      },
      body: JSON.stringify(onTheWire(command)),
      // Where a portal of the network sends everybody, nothing of the shop's is to go.
      redirect: 'error',
      cache: 'no-store',
      signal: deadline(),
    });
    const verdict = judgeAnswer(command.id, response.status, bodyOf(await response.text()));
    return { ...verdict, retryAfter: retryAfterOf(response) };
  } catch (error) {
    const late = error instanceof DOMException && error.name === 'TimeoutError';
    return { kind: 'no-answer', cause: late ? 'timeout' : 'unreachable' };
  }
}

function onTheWire({ id, type, payload, destination, baseVersion, after }: Command): WireCommand {
  return {
    ...{ id, type, payload, lineage: destination.lineage },
    ...(baseVersion !== undefined && { baseVersion }),
    ...(after !== undefined && { after }),
  };
}

/** Undefined for what is no JSON, such as the page of a proxy. */
function bodyOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** In seconds, as servers that are asked too much say it; a date is not looked at. */
function retryAfterOf(response: Response): number | undefined {
  const seconds = Number(response.headers.get('retry-after') ?? NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
