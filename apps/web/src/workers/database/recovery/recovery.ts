import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { countDifferences } from '@octavo/sync/recovery/differences.ts';
import { Outcomes } from '@octavo/sync/recovery/outcomes.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import {
  type CarryOver,
  type Comparison,
  type KeptRecords,
  noRecovery,
  type RecoveryMethods,
  type RecoveryState,
  type Replacing,
  type WhyReplaced,
} from '#lib/recovery/contract.ts';
import type { DatabaseFolder } from '../database-folder.ts';
import type { Replacement } from '../generations/generation-state.ts';
import type { Generations } from '../generations/generations.ts';
import type { Standing } from '../snapshot/when-worth-it.ts';
import type { Candidate } from './candidate.ts';
import { type Fill, Filling } from './filling.ts';
import { KeptDatabases } from './kept-databases.ts';
import { SnapshotStart } from './snapshot-start.ts';
import { carryOver } from './carry-over.ts';
import { prepareRestored } from './prepare-restored.ts';

/** Of records that could not be carried over, so many are shown by name. */
const FAILURES_SHOWN = 20;
/** All of the shop would have to be streamed to it. */
const anEmptyFile: Standing = { backlog: 0, cursor: 0 };
/** What could not go on, for want of room perhaps, is tried again after so long. */
const RETRY_MS = 5_000;

export interface RecoveryOptions {
  /** The database in use. */
  replica: Replica;
  folder: DatabaseFolder;
  generations: Generations;
  fill: Fill;
  /** Opens a kept file, without a connection. */
  open: (file: string) => Promise<Replica>;
  onState: (state: RecoveryState) => void;
  /** Lets the database in use take in again what the server sends. */
  resumeStream: () => void;
  /** What is left of a download is of no use any more. */
  discardDownload: () => Promise<void>;
  /**
   * Ends everything that works on the database in use, closes it, does the last step of a replacement, and ends this worker:
   * the next one opens what is the database then.
   */
  handOver: (lastStep: () => Promise<void>) => Promise<void>;
}

/**
 * Replaces the database by another file. The old one stays in use, also for writing, until the new one is filled and has
 * everything that goes along; then one step switches them. What a person has asked for is on disk, and goes on after any
 * interruption from wherever it stood; until the switch nothing has happened to the old one.
 */
export class Recovery implements RecoveryMethods {
  readonly #options: RecoveryOptions;
  #state: RecoveryState = noRecovery;
  #counting = false;
  #restoring = false;
  #closed = false;
  #tidied = Promise.withResolvers<undefined>();
  #downloadDiscarded = false;
  readonly #filling: Filling;
  readonly #kept: KeptDatabases;
  readonly #snapshotStart: SnapshotStart;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    const { folder, generations, fill, replica, resumeStream } = options;
    this.#kept = new KeptDatabases({ folder, generations, open: options.open });
    this.#filling = new Filling({
      folder,
      generations,
      fill,
      standing: () => (this.#isFree() ? this.#snapshotStart.standing : anEmptyFile),
      isOfUse: (account) => !this.#isFree() || this.#snapshotStart.isOfUse(account),
      // Whoever only wanted a snapshot streams into the file that is in use.
      onlyFromSnapshot: () => this.#isFree(),
      onChange: (candidate) => this.#candidateChanged(candidate),
    });
    this.#snapshotStart = new SnapshotStart({
      replica,
      resumeStream,
      breathe,
      isFree: () => this.#isFree(),
      fill: () => this.#fillForStart(),
      drop: () => this.#filling.drop(),
      switchTo: (candidate, { keep }) => this.#switchTo(candidate, 'snapshot', keep),
      onChange: (problem) => this.#set({ snapshot: undefined, streamedBecause: problem }),
    });
  }

  /** Tidies up, shows what there is, and goes on with what was interrupted. */
  async begin(): Promise<void> {
    const { generations } = this.#options;
    this.#set({ inUse: generations.state.current });
    try {
      await generations.tidy();
    } catch (error) {
      // Nobody's work depends on it, and the next start tries again.
      this.#set({ problem: words(error) });
    }
    this.#tidied.resolve(undefined);
    await this.#show();
    const { replacement } = generations.state;
    if (replacement !== undefined) await this.#replace(replacement);
  }

  /** What sync says of the database in use: once it is well again, there is nothing to compare. */
  follow(state: SyncState): void {
    if (state.status === 'synced') {
      if (this.#state.comparison !== undefined) void this.#endComparison();
      // Another file may be made of it at this moment.
      const wanted = this.#filling.underWay || this.#options.generations.state.replacement !== undefined;
      if (!this.#downloadDiscarded && !wanted) {
        this.#downloadDiscarded = true;
        void this.#options.discardDownload().catch((error: unknown) => this.#set({ problem: words(error) }));
      }
    } else if (this.#snapshotStart.underWay && this.#isFree() && endsSync(state)) {
      void this.#filling.drop();
    }
  }

  /** The server is about to send so many changes to the database in use. Returns whether they are to wait. */
  welcomed(backlog: number): boolean {
    return this.#snapshotStart.welcomed(backlog);
  }

  close(): void {
    this.#closed = true;
    this.#filling.close();
  }

  compareShops(): void {
    if (this.#state.comparison?.counts !== undefined || this.#counting || this.#closed) return;
    this.#counting = true;
    void this.#compare().finally(() => (this.#counting = false));
  }

  async replaceDatabase(carry: CarryOver, inUse: number | undefined): Promise<void> {
    const { generations, replica } = this.#options;
    if (inUse !== undefined && inUse !== generations.state.current) return;
    if (generations.state.replacement !== undefined || this.#restoring) return;
    const generation = await this.#filling.generation();
    const why = carry === 'everything' ? 'kept-mine' : 'nuked';
    const replacement = { generation, carry, why, askedAt: Number(replica.head()) } as const;
    await generations.begin(replacement);
    void this.#replace(replacement);
  }

  async cancelReplacement(): Promise<void> {
    const { generations } = this.#options;
    if (generations.state.replacement === undefined) return;
    await generations.cancel();
    await this.#filling.drop();
    this.#set({ replacing: undefined, comparison: undefined });
  }

  keptDatabase(generation: number): Promise<Blob> {
    return this.#kept.blob(generation);
  }

  keptRecords(generation: number): Promise<KeptRecords> {
    return this.#kept.records(generation, this.#options.replica, async () => {
      await breathe();
      if (this.#closed) throw new Error('The database was closed meanwhile.');
    });
  }

  async restoreKept(generation: number): Promise<void> {
    const { generations, open, replica, handOver } = this.#options;
    if (generation === generations.state.current) return;
    const file = this.#kept.fileOf(generation);
    if (generations.state.replacement !== undefined || this.#restoring) {
      const message = 'The database is being replaced at the moment. Wait for it, or stop it first.';
      throw new RemoteError({ code: 'replacing', message, details: undefined });
    }
    this.#restoring = true;
    try {
      await this.#filling.drop();
      await this.#kept.alone(async () => {
        const restored = await prepareRestored(() => open(file), replica);
        await handOver(async () => {
          restored.database.close();
          await generations.switchTo(generation, 'restored');
        });
      });
    } finally {
      this.#restoring = false;
    }
  }

  async forgetKept(generation: number): Promise<void> {
    await this.#kept.forget(generation);
    await this.#show();
  }

  dismissRecovered(): void {
    new Outcomes(this.#options.replica.database).clear();
    this.#set({ recovered: undefined });
  }

  async #compare(): Promise<void> {
    try {
      this.#setComparison({});
      const candidate = await this.#filling.fill(await this.#filling.generation());
      if (candidate === undefined) return;
      const counting = countDifferences(this.#options.replica, candidate.replica);
      for (let step = counting.next(); ; step = counting.next()) {
        if (step.done === true) {
          this.#setComparison({ counts: step.value });
          return;
        }
        await breathe();
        if (this.#closed || candidate !== this.#filling.candidate) return;
      }
    } catch (error) {
      this.#setComparison({ problem: words(error) });
    }
  }

  async #replace(replacement: Replacement): Promise<void> {
    const { generations, replica } = this.#options;
    const { generation, carry, why, askedAt } = replacement;
    const isWanted = (): boolean => !this.#closed && generations.state.replacement === replacement;
    this.#showReplacing(why, 'filling');
    try {
      const candidate = await this.#filling.fill(generation);
      if (candidate === undefined || !isWanted()) return;
      candidate.stopSync();
      this.#showReplacing(why, 'carrying');
      const carrying = carryOver(replica, candidate.replica, { carry, askedAt, occasion: why });
      let step = carrying.next();
      while (step.done !== true) {
        await breathe();
        if (!isWanted()) return;
        step = carrying.next();
      }
      step.value();
      await this.#switchTo(candidate, why, true);
    } catch (error) {
      if (!isWanted()) return;
      this.#showProblem(words(error));
      this.#filling.release();
      setTimeout(() => {
        if (isWanted()) void this.#replace(replacement);
      }, RETRY_MS);
    }
  }

  /** From here on the new file is the database. To be called in the turn in which the last was carried over. */
  async #switchTo(candidate: Candidate, why: WhyReplaced, keep: boolean): Promise<void> {
    const { generations, handOver } = this.#options;
    const generation = await this.#filling.generation();
    await handOver(async () => {
      candidate.close();
      await generations.switchTo(generation, why, { keep });
    });
  }

  async #fillForStart(): Promise<Candidate | undefined> {
    await this.#tidied.promise;
    return this.#isFree() ? this.#filling.fill(await this.#filling.generation()) : undefined;
  }

  /** Whether nobody has asked for another file. */
  #isFree(): boolean {
    const { replacement } = this.#options.generations.state;
    return (
      !this.#closed && replacement === undefined && !this.#restoring && this.#state.comparison === undefined
    );
  }

  #candidateChanged(candidate: Candidate | undefined): void {
    if (candidate === undefined) return;
    const { replacing, comparison } = this.#state;
    const { progress, problem } = candidate;
    if (replacing?.stage === 'filling') this.#set({ replacing: { ...replacing, progress, problem } });
    if (comparison !== undefined && comparison.counts === undefined)
      this.#setComparison({ problem, progress: candidate.level ? undefined : progress });
    if (this.#snapshotStart.underWay && this.#isFree()) this.#set({ snapshot: { progress, problem } });
  }

  async #endComparison(): Promise<void> {
    this.#set({ comparison: undefined });
    if (this.#options.generations.state.replacement === undefined) await this.#filling.drop();
  }

  #showReplacing(why: Replacing['why'], stage: Replacing['stage']): void {
    const progress = this.#filling.candidate?.progress ?? { bytes: 0, changes: 0, total: 0 };
    this.#set({ replacing: { why, stage, progress, problem: undefined } });
  }

  #showProblem(problem: string): void {
    const { replacing } = this.#state;
    if (replacing !== undefined) this.#set({ replacing: { ...replacing, problem } });
  }

  #setComparison(known: Partial<Comparison>): void {
    this.#set({ comparison: { counts: undefined, progress: undefined, problem: undefined, ...known } });
  }

  async #show(): Promise<void> {
    const kept = await this.#kept.list();
    if (this.#closed) return;
    const outcomes = new Outcomes(this.#options.replica.database);
    const report = outcomes.report();
    const recovered = report && { ...report, failures: outcomes.failed(FAILURES_SHOWN) };
    this.#set({ kept, recovered });
  }

  #set(change: Partial<RecoveryState>): void {
    if (this.#closed) return;
    this.#state = { ...this.#state, ...change };
    this.#options.onState(this.#state);
  }
}

/** Whether somebody wants no sync, or the server none: a file that is filled from it is of no use then. */
function endsSync(state: SyncState): boolean {
  return state.status === 'incompatible' || (state.status === 'disconnected' && state.cause === 'off');
}

/** Lets whoever works on the database in use through. */
function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
