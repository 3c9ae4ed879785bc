import type { Database } from '@octavo/crsqlite/database.ts';

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

/** The tables that replicas of one name share, and how a file gets them. Versions are comparable only under one name. */
export interface Schema {
  readonly name: string;
  /** Grows by one with each migration, which only adds. */
  readonly version: number;
  /**
   * Brings a file to this version, each step in a transaction of its own, at the end of which `stepped` is called with
   * the version reached. Does nothing on a file that is there already.
   */
  migrate(database: Database, stepped: (version: number) => void): void;
}
