export type Unit = 'ms' | 's' | 'MB' | 'bytes' | '/s' | '%' | 'books';

/** One thing measured in one run. */
export interface Measure {
  value: number;
  unit: Unit;
  /** What the project has promised. A median above it is marked in the report; it does not make a run fail. */
  atMost?: number;
}

export const milliseconds = (value: number, limit: { atMost?: number } = {}): Measure => ({
  value,
  unit: 'ms',
  ...limit,
});

export const megabytes = (bytes: number, limit: { atMost?: number } = {}): Measure => ({
  value: bytes / 1024 / 1024,
  unit: 'MB',
  ...limit,
});

/** A value as a person reads it: three digits that count, and no more than one behind the point where there are few. */
export function formatted(value: number): string {
  return value.toFixed(Math.abs(value) < 100 && !Number.isInteger(value) ? 1 : 0);
}
