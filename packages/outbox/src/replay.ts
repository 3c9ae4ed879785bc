import { BATCH_LIMIT, chooseReady, nextDueAt, type Run, TROUBLED_LANES } from './choose.ts';
import { type Command, type Destination, type Rejected, sendingState } from './command.ts';
import { concernsServer, type Delivery, type SentEntry, settle } from './settle.ts';
import { commandOf, type OutboxStore } from './store.ts';

/** Where a queue is run: a page or the service worker. */
export interface ReplayPorts {
  readonly store: OutboxStore;
  /** The shop that this browser has in use; undefined while that is not known. */
  readonly here: () => Promise<Destination | undefined>;
  /** Sends a command with the credentials of now. Never rejects. `attempt` is from 1. */
  readonly send: (command: Command, attempt: number) => Promise<Delivery>;
  /** Runs one at a time of all who run the queue of this browser. */
  readonly alone: <Result>(run: () => Promise<Result>) => Promise<Result>;
  /** Wall clock, ms. */
  readonly now: () => number;
  /** The `current`-th of `total` is being sent. */
  readonly onProgress: (progress: Progress) => void;
  /** What is stored has changed. */
  readonly onChange: () => void;
}

export interface Progress {
  readonly current: number;
  readonly total: number;
}

/** What came of one batch. */
export interface BatchReport {
  readonly sent: number;
  /** The ids of those that were sent. */
  readonly tried: readonly string[];
  readonly done: number;
  readonly rejected: readonly Rejected[];
  /** How many were tried and are kept. */
  readonly kept: number;
  /** Whether this run has more to send, in another batch. */
  readonly more: boolean;
  /** When there is something to do without another cause, wall clock, ms. */
  readonly nextDueAt: number | undefined;
}

const nothing: BatchReport = {
  ...{ sent: 0, tried: [], done: 0, rejected: [], kept: 0, more: false, nextDueAt: undefined },
};

/**
 * Sends what is ready, at most one batch of it. Killed at any moment, it leaves every command that has no final answer in
 * the queue, to be sent again as it is.
 */
export function replayBatch(ports: ReplayPorts, run: Run): Promise<BatchReport> {
  return ports.alone(async () => {
    const here = await ports.here();
    return here === undefined ? nothing : new Batch(ports, run, here).send();
  });
}

/** Sends all that is ready, batch by batch. */
export async function replayAll(ports: ReplayPorts, run: Run): Promise<BatchReport> {
  const batch = await replayBatch(ports, run);
  if (!batch.more) return batch;
  const tried = [...(run.tried ?? []), ...batch.tried];
  const rest = await replayAll(ports, { ...run, sent: run.sent + batch.sent, tried });
  return {
    ...rest,
    sent: batch.sent + rest.sent,
    tried: [...batch.tried, ...rest.tried],
    done: batch.done + rest.done,
    rejected: [...batch.rejected, ...rest.rejected],
    kept: batch.kept + rest.kept,
  };
}

class Batch {
  readonly #ports: ReplayPorts;
  readonly #run: Run;
  readonly #here: Destination;
  /** Lanes with a command that was kept. */
  readonly #closed = new Set<string>();
  readonly #rejected: Rejected[] = [];
  readonly #tried: string[] = [];
  #done = 0;
  #kept = 0;
  /** How many in a row have not got through. */
  #troubled = 0;

  constructor(ports: ReplayPorts, run: Run, here: Destination) {
    this.#ports = ports;
    this.#run = run;
    this.#here = here;
  }

  async send(): Promise<BatchReport> {
    const { store, now } = this.#ports;
    const ready = chooseReady(await store.entries(), this.#here, this.#run, now());
    for (const entry of ready) {
      if (this.#tried.length === BATCH_LIMIT || this.#cut) break;
      if (this.#closed.has(entry.lane)) continue;
      const sending = { ...entry, state: sendingState(entry.state, now()) };
      // Somebody may have taken it out of the queue meanwhile.
      if (!(await store.change(entry.id, { state: sending.state }))) continue;
      const payload = await store.payload(entry.id);
      if (payload === undefined) continue;
      this.#tried.push(entry.id);
      this.#ports.onChange();
      const { sent } = this.#run;
      this.#ports.onProgress({ current: sent + this.#tried.length, total: sent + ready.length });
      await this.#settle(sending, await this.#ports.send(commandOf(entry, payload), sending.state.attempts));
      this.#ports.onChange();
    }
    const left = await store.entries();
    const rest = { ...this.#run, tried: [...(this.#run.tried ?? []), ...this.#tried] };
    const more = !this.#cut && chooseReady(left, this.#here, rest, now()).length > 0;
    return {
      sent: this.#tried.length,
      tried: this.#tried,
      done: this.#done,
      rejected: this.#rejected,
      kept: this.#kept,
      more: more && this.#tried.length > 0,
      nextDueAt: nextDueAt(left, this.#here, now()),
    };
  }

  get #cut(): boolean {
    return this.#troubled >= TROUBLED_LANES;
  }

  async #settle(entry: SentEntry, delivery: Delivery): Promise<void> {
    const { store, now } = this.#ports;
    const settlement = settle(entry, delivery, now());
    switch (settlement.kind) {
      case 'done':
        await store.finish(entry.id);
        this.#done += 1;
        this.#troubled = 0;
        return;
      case 'rejected':
        await store.finish(entry.id, settlement.rejected);
        this.#rejected.push(settlement.rejected);
        this.#troubled = 0;
        return;
      case 'kept':
        await store.change(entry.id, { state: settlement.state });
        this.#closed.add(entry.lane);
        this.#kept += 1;
        this.#troubled = concernsServer(settlement.state.reason) ? this.#troubled + 1 : 0;
    }
  }
}
