import { sameId } from '@octavo/protocol/identity.ts';
import { Outcomes } from '@octavo/sync/recovery/outcomes.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import { coversReplica } from '@octavo/sync/snapshot/covers.ts';
import type { SnapshotAccount } from '@octavo/sync/snapshot/snapshot-account.ts';
import { LEAST_BACKLOG, type Standing } from '../snapshot/when-worth-it.ts';
import type { Candidate } from './candidate.ts';
import { carryOver } from './carry-over.ts';

export interface SnapshotStartOptions {
  /** The database in use. */
  replica: Replica;
  /** Whether nobody else replaces the database, or looks at the file that might replace it. */
  isFree: () => boolean;
  /** Fills a new file. Undefined when it is not wanted any more. */
  fill: () => Promise<Candidate | undefined>;
  /** Gives the new file up. */
  drop: () => Promise<void>;
  /** Puts the new file in the place of the one in use, which is kept where there is something in it. */
  switchTo: (candidate: Candidate, options: { keep: boolean }) => Promise<void>;
  /** Lets the database in use take in again what the server sends. */
  resumeStream: () => void;
  /** It has begun or ended; with the reason where it came to nothing. */
  onChange: (problem?: string) => void;
  breathe: () => Promise<void>;
}

/**
 * A replica that lacks a lot, because it is new or was away for long, goes on in a file that is filled from the server's
 * snapshot. It stays in use meanwhile and sends what is written; what the server has for it waits. Whatever goes wrong, it
 * takes that in as if nothing had been.
 */
export class SnapshotStart {
  readonly #options: SnapshotStartOptions;
  #underWay = false;
  #backlog = 0;
  #over = false;

  constructor(options: SnapshotStartOptions) {
    this.#options = options;
  }

  get underWay(): boolean {
    return this.#underWay;
  }

  /** The server is about to send so many changes. Returns whether they are to wait. */
  welcomed(backlog: number): boolean {
    this.#backlog = backlog;
    if (this.#underWay) return true;
    if (this.#over || backlog < LEAST_BACKLOG || !this.#options.isFree()) return false;
    this.#underWay = true;
    void this.#run().finally(() => {
      this.#underWay = false;
      this.#options.resumeStream();
    });
    return true;
  }

  /** How the replica stands to the server. */
  get standing(): Standing {
    const { replica } = this.#options;
    const lineage = replica.lineage();
    const cursor = lineage === undefined ? 0n : replica.bookkeeping.peer(lineage).cursor;
    return { backlog: this.#backlog, cursor: Number(cursor) };
  }

  /** Whether the replica may be replaced by what the server had then. */
  isOfUse(account: SnapshotAccount): boolean {
    return !this.#underWay || coversReplica(account, this.#options.replica);
  }

  /** Once a snapshot turned out to be of no use, the next one would too: until the next start there is none. */
  async #run(): Promise<void> {
    const { fill, drop, isFree, onChange } = this.#options;
    let problem: string | undefined;
    try {
      onChange();
      const candidate = await fill();
      // Somebody else has taken it over, or nobody wants it any more.
      if (candidate === undefined || !isFree()) return;
      problem = candidate.streamedBecause ?? (await this.#replace(candidate));
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    if (problem === undefined) return;
    this.#over = true;
    await drop();
    onChange(problem);
  }

  /** Returns why it was not done; undefined when it was, or when nobody wants it any more. */
  async #replace(candidate: Candidate): Promise<string | undefined> {
    const { replica, isFree, switchTo, breathe } = this.#options;
    candidate.stopSync();
    const head = Number(replica.head());
    const carrying = carryOver(replica, candidate.replica, {
      carry: 'unsent',
      askedAt: head,
      occasion: 'snapshot',
    });
    let step = carrying.next();
    while (step.done !== true) {
      await breathe();
      if (!isFree()) return undefined;
      step = carrying.next();
    }
    // The server may have fallen back meanwhile: what it lost is here then, and perhaps nowhere else.
    if (!holdsAll(candidate.replica, replica)) return 'The server does not have everything that is here.';
    step.value();
    const outcomes = new Outcomes(candidate.replica.database);
    // Nothing happened that anybody has to know, as long as all of it is there.
    if (outcomes.report()?.failed === 0) outcomes.clear();
    await switchTo(candidate, { keep: head > 0 });
    return undefined;
  }
}

/** Whether a replica has received everything of the server's log that another one has. */
function holdsAll(fresh: Replica, old: Replica): boolean {
  const lineage = old.lineage();
  const now = fresh.lineage();
  if (lineage === undefined) return true;
  if (now === undefined || !sameId(lineage, now)) return false;
  const account = {
    lineage,
    version: fresh.bookkeeping.peer(lineage).cursor,
    epochs: fresh.bookkeeping.peerEpochs(lineage),
  };
  return coversReplica(account, old);
}
