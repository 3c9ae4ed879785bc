import type { Database } from '@octavo/crsqlite/database.ts';
import { type Compression, compressions } from '@octavo/protocol/messages.ts';
import { timers } from '@octavo/rpc/port.ts';
import { schema } from '@octavo/shop/schema.ts';
import { SyncClient } from '@octavo/sync/client/sync-client.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { Progress, SyncState } from '@octavo/sync/state.ts';
import { clock, random } from '../environment.ts';
import { SyncShell } from '../sync-shell.ts';
import { syncProblem } from './sync-problem.ts';

export interface CandidateOptions {
  database: Database;
  /** The database's name on the server. */
  name: string;
  token: string | undefined;
  connect: () => WebSocket;
  /** Told whenever anything of it has changed. */
  onChange: () => void;
}

/**
 * A new file that is being filled with the shop from the server, beside the database in use, which it may replace. It is a
 * replica like any other, with a connection of its own; nobody sees it but whoever made it.
 */
export class Candidate {
  readonly replica: Replica;
  readonly #onChange: () => void;
  readonly #shell: SyncShell;
  #state: SyncState;
  #progress: Progress = { bytes: 0, changes: 0, total: 0 };
  #problem: string | undefined;
  #broken = false;
  #closed = false;

  constructor({ database, name, token, connect, onChange }: CandidateOptions) {
    this.#onChange = onChange;
    this.replica = Replica.open(database, { schema, clock, random });
    const machine = new SyncClient({
      replica: this.replica,
      clock,
      random,
      database: name,
      compressions: [...compressions] satisfies Compression[],
      ...(token !== undefined && { token }),
    });
    this.#state = machine.state;
    this.#shell = new SyncShell({
      machine,
      connect,
      scheduler: timers,
      now: () => clock.monotonic(),
      onState: (state) => this.#follow(state),
      onNotice: () => undefined,
      onRetired: () => this.#fail('The file that was being filled turned out to be a copy. Start it again.'),
      onFault: (fault) => this.#fail(String(fault)),
    });
    database.onCommit(() => queueMicrotask(() => this.#shell.handle({ type: 'committed' })));
    this.#shell.handle({ type: 'start' });
  }

  /** Whether everything that the server has is here, proven a moment ago. */
  get level(): boolean {
    return !this.#closed && this.#state.status === 'synced';
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Why it does not go on, in words. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** It will not go on by itself, and has to be opened anew. */
  get broken(): boolean {
    return this.#broken;
  }

  /** From here on it neither gets nor gives anything. */
  stopSync(): void {
    this.#shell.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#shell.close();
    this.replica.database.close();
  }

  #follow(state: SyncState): void {
    this.#state = state;
    if (state.status === 'syncing') this.#progress = state.progress;
    this.#problem = syncProblem(state);
    this.#onChange();
  }

  #fail(problem: string): void {
    this.#broken = true;
    this.#problem = problem;
    this.#onChange();
  }
}
