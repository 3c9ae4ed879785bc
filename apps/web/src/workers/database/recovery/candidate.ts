import type { Database } from '@octavo/crsqlite/database.ts';
import { type Compression, compressions } from '@octavo/protocol/messages.ts';
import { timers } from '@octavo/rpc/port.ts';
import { schema } from '@octavo/shop/schema.ts';
import { SyncClient } from '@octavo/sync/client/sync-client.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { Progress, SyncState } from '@octavo/sync/state.ts';
import { clock, random } from '../environment.ts';
import type { FilledFile, SnapshotSource } from '../snapshot/snapshot-source.ts';
import { SyncShell } from '../sync-shell.ts';
import { syncProblem } from './sync-problem.ts';

export interface CandidateOptions {
  /** Opens its file, making it where it is not there. */
  open: () => Promise<Database>;
  /** The database's name on the server. */
  name: string;
  token: string | undefined;
  connect: () => WebSocket;
  /** Where the file can be filled from at once; undefined where it is streamed in any case. */
  snapshot: SnapshotSource | undefined;
  /** Told whenever anything of it has changed. */
  onChange: () => void;
}

/**
 * A new file that is being filled with the shop from the server, beside the database in use, which it may replace. It is a
 * replica like any other, with a connection of its own; nobody sees it but whoever made it. While it is empty, and the server
 * has a lot for it, it is filled with a snapshot; what is newer comes over the connection afterwards.
 */
export class Candidate {
  readonly #options: CandidateOptions;
  readonly #over = new AbortController();
  #replica: Replica | undefined;
  #shell: SyncShell | undefined;
  #state: SyncState | undefined;
  /** What the snapshot has brought. */
  #fetched: FilledFile = { bytes: 0, changes: 0 };
  #fetching = false;
  #stopped = false;
  #progress: Progress = { bytes: 0, changes: 0, total: 0 };
  #problem: string | undefined;
  #broken = false;
  #work: Promise<void> = Promise.resolve();

  private constructor(options: CandidateOptions) {
    this.#options = options;
  }

  /** Throws what opening throws. */
  static async open(options: CandidateOptions): Promise<Candidate> {
    const candidate = new Candidate(options);
    await candidate.#open();
    return candidate;
  }

  /** Only for one that is {@link level}. */
  get replica(): Replica {
    if (this.#replica === undefined) throw new Error('The file that is being filled is not open.');
    return this.#replica;
  }

  /** Whether everything that the server has is here, proven a moment ago. */
  get level(): boolean {
    return !this.#over.signal.aborted && !this.#fetching && this.#state?.status === 'synced';
  }

  get progress(): Progress {
    return this.#progress;
  }

  /** Whether a snapshot is being fetched. */
  get fetching(): boolean {
    return this.#fetching;
  }

  /** Why it is filled by streaming though there was a lot to come; undefined while nothing speaks against a snapshot. */
  get streamedBecause(): string | undefined {
    const { snapshot } = this.#options;
    return snapshot === undefined ? 'The server has no address to fetch a snapshot from.' : snapshot.givenUp;
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
    this.#stopped = true;
    // Writes down how far the server has got.
    this.#shell?.handle({ type: 'stop' });
    this.#shell?.close();
  }

  close(): void {
    if (this.#over.signal.aborted) return;
    this.#over.abort();
    this.#closeFile();
  }

  /** Resolves when nothing of it works on the file any more. */
  async closed(): Promise<void> {
    this.close();
    await this.#work;
  }

  async #open(): Promise<void> {
    const { name, token, connect, onChange } = this.#options;
    const database = await this.#options.open();
    if (this.#over.signal.aborted) {
      database.close();
      return;
    }
    const replica = openReplica(database);
    const machine = new SyncClient({
      replica,
      clock,
      random,
      database: name,
      compressions: [...compressions] satisfies Compression[],
      ...(token !== undefined && { token }),
    });
    const shell = new SyncShell({
      machine,
      connect,
      scheduler: timers,
      now: () => clock.monotonic(),
      onState: (state) => this.#follow(state),
      onNotice: () => undefined,
      onWelcomed: (backlog) => this.#welcomed(replica, backlog),
      onRetired: () => this.#fail('The file that was being filled turned out to be a copy. Start it again.'),
      onFault: (fault) => this.#fail(String(fault)),
    });
    this.#replica = replica;
    this.#shell = shell;
    this.#state = machine.state;
    database.onCommit(() => queueMicrotask(() => shell.handle({ type: 'committed' })));
    shell.handle({ type: 'start' });
    onChange();
  }

  #closeFile(): void {
    this.#shell?.close();
    this.#replica?.database.close();
    this.#shell = undefined;
    this.#replica = undefined;
  }

  #welcomed(replica: Replica, backlog: number): void {
    const { snapshot } = this.#options;
    // What has been carried over into it already stays.
    if (snapshot?.isWorthAsking(backlog) !== true || replica.head() > 0n) return;
    this.#fetching = true;
    this.#closeFile();
    this.#work = this.#fetch(snapshot);
  }

  /** Fills the file and opens it again; where it comes to nothing, the file is as empty as it was. */
  async #fetch(snapshot: SnapshotSource): Promise<void> {
    const { signal } = this.#over;
    try {
      const filled = await snapshot.fill(signal, (progress) => {
        this.#progress = progress;
        this.#options.onChange();
      });
      if (signal.aborted) return;
      this.#fetching = false;
      if (filled !== undefined) this.#fetched = filled;
      await this.#open();
    } catch (error) {
      this.#fail(error instanceof Error ? error.message : String(error));
    }
  }

  #follow(state: SyncState): void {
    if (this.#stopped) return;
    this.#state = state;
    if (state.status === 'syncing') {
      const { bytes, changes, total } = state.progress;
      const fetched = this.#fetched;
      this.#progress = {
        bytes: fetched.bytes + bytes,
        changes: fetched.changes + changes,
        total: fetched.changes + total,
      };
    }
    this.#problem = syncProblem(state);
    this.#options.onChange();
  }

  #fail(problem: string): void {
    this.#broken = true;
    this.#problem = problem;
    this.#options.onChange();
  }
}

function openReplica(database: Database): Replica {
  try {
    return Replica.open(database, { schema, clock, random });
  } catch (error) {
    database.close();
    throw error;
  }
}
