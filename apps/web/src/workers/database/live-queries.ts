import type { Database } from '@octavo/crsqlite/database.ts';
import type { Scheduler } from '@octavo/rpc/port.ts';
import type { Sink } from '@octavo/rpc/serve.ts';
import { equal } from './equal.ts';
import type { Reads } from './record-reads.ts';
import { ReadsOfStatements, recordReads } from './record-reads.ts';

/** Between two rounds of queries; longer when the queries themselves take long, so that writing comes first. */
const PAUSE_MS = 50;
/** Queries may use a quarter of the worker's time while changes pour in. */
const PAUSE_PER_RUNNING_MS = 3;
/** Other messages get their turn after so long, even in the middle of a round. */
const SLICE_MS = 25;

interface Entry {
  readonly run: (database: Database) => unknown;
  readonly sink: Sink<unknown>;
  reads: Reads;
  last: { result: unknown } | undefined;
}

export interface LiveQueryOptions {
  database: Database;
  scheduler: Scheduler;
  /** Milliseconds since any fixed moment. */
  now: () => number;
}

/**
 * Queries that are run again after commits that touched a table they read. Their subscribers hear of results that differ
 * from the last one, and nothing else.
 */
export class LiveQueries {
  readonly #database: Database;
  readonly #scheduler: Scheduler;
  readonly #now: () => number;
  readonly #statements: ReadsOfStatements;
  readonly #entries = new Set<Entry>();
  /** Insertion order is waiting order. */
  readonly #stale = new Set<Entry>();
  readonly #stopListening: () => void;
  #cancelRound: (() => void) | undefined;
  #nextRound = 0;
  #running = false;

  constructor({ database, scheduler, now }: LiveQueryOptions) {
    this.#database = database;
    this.#scheduler = scheduler;
    this.#now = now;
    this.#statements = new ReadsOfStatements(database);
    this.#stopListening = database.onCommit((tables) => this.#committed(tables));
  }

  /** Runs a query now and after every change. Returns the function that ends it. */
  subscribe(run: (database: Database) => unknown, sink: Sink<unknown>): () => void {
    const entry: Entry = { run, sink, reads: 'any', last: undefined };
    this.#entries.add(entry);
    this.#run(entry);
    return () => {
      this.#entries.delete(entry);
      this.#stale.delete(entry);
    };
  }

  close(): void {
    this.#stopListening();
    this.#cancelRound?.();
    this.#entries.clear();
    this.#stale.clear();
  }

  #committed(tables: ReadonlySet<string>): void {
    // A search may bring its index up to date first; what queries write of that kind changes no result.
    if (this.#running) return;
    const touched = [...tables].map((table) => table.toLowerCase()).filter(isVisible);
    if (touched.length === 0) return;
    for (const entry of this.#entries) if (isTouched(entry.reads, touched)) this.#stale.add(entry);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#stale.size === 0 || this.#cancelRound !== undefined) return;
    const wait = Math.max(0, this.#nextRound - this.#now());
    this.#cancelRound = this.#scheduler.after(wait, () => {
      this.#cancelRound = undefined;
      this.#round();
    });
  }

  #round(): void {
    const begun = this.#now();
    for (const entry of this.#stale) {
      this.#stale.delete(entry);
      this.#run(entry);
      if (this.#now() - begun >= SLICE_MS) break;
    }
    const ended = this.#now();
    const pause = Math.max(PAUSE_MS, (ended - begun) * PAUSE_PER_RUNNING_MS);
    this.#nextRound = this.#stale.size > 0 ? ended : ended + pause;
    this.#schedule();
  }

  #run(entry: Entry): void {
    this.#running = true;
    try {
      const { result, reads } = recordReads(this.#database, this.#statements, entry.run);
      entry.reads = reads;
      if (entry.last !== undefined && equal(entry.last.result, result)) return;
      entry.last = { result };
      entry.sink.push(result);
    } catch (error) {
      entry.last = undefined;
      entry.sink.fail(error);
    } finally {
      this.#running = false;
    }
  }
}

/** The bookkeeping of replication is no part of any result. */
function isVisible(table: string): boolean {
  return !table.startsWith('octavo_') && !table.startsWith('crsql_') && !table.includes('__crsql_');
}

function isTouched(reads: Reads, tables: readonly string[]): boolean {
  return reads === 'any' || tables.some((table) => reads.has(table));
}
