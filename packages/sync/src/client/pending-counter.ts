import type { DbVersion, Lineage } from '@octavo/protocol/identity.ts';
import type { Clock } from '../environment.ts';
import type { Replica } from '../replica.ts';
import { offeredThrough } from '../storage/offers.ts';

/** An acknowledgement is written down at most this often [ID-3]; a lost one is derived again at the next handshake. */
const PERSIST_INTERVAL_MS = 250;
/** Counting costs the size of the backlog: at most this part of the time goes into it. */
const SHARE_OF_TIME = 1 / 20;

/**
 * Pending: distinct records of this replica that the server has not acknowledged, counted from the database [OF-2], so
 * that it survives reloads and crashes. Also keeps the acknowledgement that it counts from.
 */
export class PendingCounter {
  readonly #replica: Replica;
  readonly #clock: Clock;
  #lineage: Lineage | undefined;
  #acknowledged: DbVersion = 0n;
  #persisted: DbVersion = 0n;
  #persistAt: number | undefined;
  #count = 0;
  /** Up to here nothing is pending, as was last counted; 0 where something was. */
  #clearThrough: DbVersion = 0n;
  /** Until then the last count has to do. */
  #notBefore = -Infinity;
  #stale = true;

  constructor(replica: Replica, clock: Clock) {
    this.#replica = replica;
    this.#clock = clock;
    this.#lineage = replica.lineage();
    if (this.#lineage !== undefined)
      this.#acknowledged = replica.bookkeeping.peer(this.#lineage).acknowledged;
    this.#persisted = this.#acknowledged;
  }

  get count(): number {
    const now = this.#clock.monotonic();
    // Whether anything is pending at all is never left open: green depends on it.
    if (this.#stale && (this.#count === 0 || now >= this.#notBefore)) {
      this.#count = this.#recount();
      const counted = this.#clock.monotonic();
      this.#notBefore = counted + (counted - now) / SHARE_OF_TIME;
      this.#stale = false;
    }
    return this.#count;
  }

  /** The version above which own edits are not acknowledged; undefined when there are none. */
  unacknowledged(): DbVersion | undefined {
    return this.count === 0 ? undefined : this.#acknowledged;
  }

  byTable(): Map<string, number> {
    return this.#replica.clockTables.pendingByTable(this.#acknowledged, this.#offeredThrough());
  }

  /** How far the server durably holds this log, as it last said. */
  get acknowledgedThrough(): DbVersion {
    return this.#acknowledged;
  }

  /** When there is something to write down or to count again; undefined while there is not. */
  get dueAt(): number | undefined {
    const recountAt = this.#stale ? this.#notBefore : undefined;
    if (this.#persistAt === undefined || recountAt === undefined) return this.#persistAt ?? recountAt;
    return Math.min(this.#persistAt, recountAt);
  }

  /** Something was committed here. */
  invalidate(): void {
    this.#stale = true;
  }

  /** The handshake says which shop this is and how far its server durably holds this log. */
  follow(lineage: Lineage, acknowledged: DbVersion): void {
    this.#lineage = lineage;
    this.#clearThrough = 0n;
    this.#set(acknowledged);
  }

  acknowledged(through: DbVersion): void {
    if (through > this.#acknowledged) this.#set(through);
  }

  keepTime(): void {
    if (this.#persistAt !== undefined && this.#clock.monotonic() >= this.#persistAt) this.persist();
  }

  persist(): void {
    this.#persistAt = undefined;
    if (this.#lineage === undefined || this.#acknowledged === this.#persisted) return;
    this.#replica.bookkeeping.setAcknowledged(this.#lineage, this.#acknowledged);
    this.#persisted = this.#acknowledged;
  }

  /** Where nothing was pending, only what was committed since can be: versions that are there get no new cells. */
  #recount(): number {
    const offer = this.#offeredThrough();
    const head = this.#replica.head();
    const from =
      offer === 0n && this.#clearThrough > this.#acknowledged ? this.#clearThrough : this.#acknowledged;
    const records = this.#replica.clockTables.pendingByTable(from, offer);
    const count = [...records.values()].reduce((sum, some) => sum + some, 0);
    this.#clearThrough = count === 0 && offer === 0n ? head : 0n;
    return count;
  }

  #offeredThrough(): DbVersion {
    const offer = this.#lineage === undefined ? undefined : this.#replica.offers.open(this.#lineage);
    return offeredThrough(offer);
  }

  #set(acknowledged: DbVersion): void {
    this.#acknowledged = acknowledged;
    this.#stale = true;
    if (acknowledged !== this.#persisted) this.#persistAt ??= this.#clock.monotonic() + PERSIST_INTERVAL_MS;
  }
}
