import { SqliteError, type SqliteFailure } from '../errors.ts';

/** The few assertions that the contract needs, without a test runner, since it also runs inside a worker of a browser. */

/** Deep equality by `Object.is` at the leaves, so 1, 1n, -0 and NaN are told apart. */
export function assertEqual(actual: unknown, expected: unknown, what = 'value'): void {
  const difference = differenceOf(actual, expected, what);
  if (difference !== undefined) throw new Error(difference);
}

export function assertTrue(condition: boolean, what: string): void {
  if (!condition) throw new Error(`Not so: ${what}`);
}

/** Asserts that the function throws a SqliteError of this kind, and returns it. */
export function assertFails(failure: SqliteFailure, action: () => unknown): SqliteError {
  try {
    action();
  } catch (error) {
    return asFailure(failure, error);
  }
  throw new Error(`It should have failed with "${failure}".`);
}

/** Asserts that the promise is rejected with a SqliteError of this kind, and returns it. */
export async function assertRejected(
  failure: SqliteFailure,
  promise: Promise<unknown>,
): Promise<SqliteError> {
  try {
    await promise;
  } catch (error) {
    return asFailure(failure, error);
  }
  throw new Error(`It should have been rejected with "${failure}".`);
}

function asFailure(failure: SqliteFailure, error: unknown): SqliteError {
  if (!(error instanceof SqliteError)) throw error;
  assertEqual(error.failure, failure, `failure (${error.message})`);
  return error;
}

function differenceOf(actual: unknown, expected: unknown, path: string): string | undefined {
  if (Object.is(actual, expected)) return undefined;
  if (actual instanceof Set && expected instanceof Set) return differenceOf([...actual], [...expected], path);
  if (!isObject(actual) || !isObject(expected) || actual.constructor !== expected.constructor) {
    return `${path} is ${show(actual)} instead of ${show(expected)}`;
  }
  const keys = Object.keys(expected);
  if (Object.keys(actual).join() !== keys.join())
    return `${path} is ${show(actual)} instead of ${show(expected)}`;
  for (const key of keys) {
    const difference = differenceOf(actual[key], expected[key], `${path}.${key}`);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function show(value: unknown): string {
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'number' || value === undefined) return String(value);
  return JSON.stringify(value, (_key, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));
}
