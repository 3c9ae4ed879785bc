const transfers = new WeakMap<object, readonly object[]>();

/**
 * Marks what a value owns (buffers, ports) to be moved instead of copied when the value is sent, as an argument, a
 * result or a pushed value. Afterwards they are unusable here.
 */
export function transfer<Value extends object>(value: Value, owned: readonly object[]): Value {
  transfers.set(value, owned);
  return value;
}

/** Everything that the values were marked to move. */
export function transferList(values: readonly unknown[]): object[] {
  return values.flatMap((value) =>
    typeof value === 'object' && value !== null ? (transfers.get(value) ?? []) : [],
  );
}
