import { ApiError } from './api-error.ts';

type Done = (error: Error | null, body?: unknown) => void;

/** Hands on what a text says as JSON; nothing for an empty one. */
export function parseJson(text: string, done: Done): void {
  if (text === '') {
    done(null, undefined);
    return;
  }
  try {
    done(null, JSON.parse(text));
  } catch (cause) {
    const words = cause instanceof Error ? cause.message : '';
    done(new ApiError(400, 'malformed-json', `The body is not JSON: ${words}`));
  }
}
