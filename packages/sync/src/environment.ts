/** What the engine needs from outside and a test controls. */

/** Two clocks: the wall, which can be set and jumps over a sleep, and one that only counts while the machine is awake. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  wall(): number;
  /** Milliseconds since any fixed moment. */
  monotonic(): number;
}

export interface Random {
  bytes(length: number): Uint8Array;
  /** Uniform in [0, 1). */
  fraction(): number;
}

/** Which tables a replica has, by name and version. Comparable only under one name. */
export interface SchemaVersion {
  name: string;
  version: number;
}
