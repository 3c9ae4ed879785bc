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

const marks = ['"', '[', '{', ','];

/**
 * Whether a text of JSON has more parts than so many. A long text costs little to parse; millions of small things stop
 * everybody else for a while.
 */
export function hasMoreParts(json: Buffer, most: number): boolean {
  let found = 0;
  for (const mark of marks) {
    for (let at = json.indexOf(mark); at !== -1; at = json.indexOf(mark, at + 1)) {
      found += 1;
      if (found > most) return true;
    }
  }
  return false;
}
