import type { Database } from '@octavo/crsqlite/database.ts';
import type { Change, Transaction } from '@octavo/protocol/change.ts';
import type { DbVersion, SiteId } from '@octavo/protocol/identity.ts';
import type { Clock } from '../environment.ts';
import type { Cells } from './cells.ts';
import { type Conflicts, ConflictWatch } from './conflicts.ts';
import {
  applyChange,
  type ApplyChange,
  isRefusal,
  mergeTransactions,
  tryChange,
  type VersionRange,
} from './merge.ts';
import type { Quarantine } from './quarantine.ts';
import type { ReplicatedSchema } from './replicated-schema.ts';
import { faultOf } from './validate-change.ts';

export interface MergeOptions {
  /** The sender's own work is measured by what is here; what it relays or returns is not [QU-2]. */
  ownWork: boolean;
  /** Own edits above this version may lose against the merge, and somebody wants to know; undefined when there are none. */
  acknowledged: DbVersion | undefined;
  /** Keeps the record of the merge, in its transaction. */
  record: (versions: VersionRange) => void;
}

export interface Merged {
  /** Changes that were news here: neither known nor beaten. */
  news: number;
  /** Own, unacknowledged edits that were replaced. */
  conflicts: number;
}

/** What merging needs of its replica. */
export interface MergeGround {
  database: Database;
  clock: Clock;
  siteId: SiteId;
  tables: ReplicatedSchema;
  cells: Cells;
  quarantine: Quarantine;
  conflicts: Conflicts;
  /** Runs a write in one transaction, with what every write owes. */
  write: <T>(run: () => T extends PromiseLike<unknown> ? never : T) => T;
}

/** Lets changes of others into the database: checked, with what cannot be applied put aside [QU-1, QU-2]. */
export class Merger {
  readonly #ground: MergeGround;

  constructor(ground: MergeGround) {
    this.#ground = ground;
  }

  /**
   * Merges transactions of a peer and keeps the record of it, in one transaction. When this returns, both are on disk.
   * The transactions are gone through a second time when the database refuses something.
   *
   * Throws `InvalidChangeError` when more is wrong than quarantine holds.
   */
  merge(transactions: Iterable<Transaction>, options: MergeOptions): Merged {
    const { database } = this.#ground;
    try {
      return this.#run(transactions, options, () => applyChange(database));
    } catch (error) {
      if (!isRefusal(error)) throw error;
      return this.#run(transactions, options, (putAside) => tryChange(database, putAside));
    }
  }

  /** Tries a quarantined change again. Returns why it still cannot be applied, in words; undefined when it was. */
  retry(id: number): string | undefined {
    const { database, quarantine, tables, cells, write } = this.#ground;
    return write<string | undefined>(() => {
      const entry = quarantine.get(id);
      if (entry === undefined) return undefined;
      const { change } = entry;
      quarantine.discard(id);
      let reason = faultOf(change, tables, cells);
      if (reason === undefined) {
        const apply = tryChange(database, (_, refusal) => {
          reason = refusal;
        });
        mergeTransactions(database, [{ version: 1n, changes: [change] }], apply);
      }
      if (reason !== undefined) quarantine.add(change, reason);
      return reason;
    });
  }

  #run(
    transactions: Iterable<Transaction>,
    { ownWork, acknowledged, record }: MergeOptions,
    makeApply: (putAside: (change: Change, reason: string) => void) => ApplyChange,
  ): Merged {
    const { database, clock, siteId, tables, cells, quarantine, conflicts, write } = this.#ground;
    return write<Merged>(() => {
      let mayRelease = quarantine.count() > 0;
      const putAside = (change: Change, reason: string): void => {
        quarantine.add(change, reason);
        mayRelease = true;
      };
      const watch = acknowledged === undefined ? undefined : new ConflictWatch(cells, acknowledged);
      const apply = makeApply(putAside);
      const versions = mergeTransactions(database, transactions, (change, version) => {
        const fault = faultOf(change, tables, ownWork ? cells : undefined);
        if (fault !== undefined) {
          putAside(change, fault);
          return false;
        }
        if (mayRelease) quarantine.release(change);
        watch?.before(change);
        return apply(change, version);
      });
      record(versions);
      const lost = watch?.settle(conflicts, clock.wall(), siteId) ?? 0;
      const [news] = database.prepare('SELECT crsql_rows_impacted()').exact<[bigint]>().get() ?? [0n];
      return { news: Number(news), conflicts: lost };
    });
  }
}
