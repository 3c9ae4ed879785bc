import type { Row, SqlValue } from '@octavo/crsqlite/database.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { RoutedConnection } from '@octavo/rpc/routed-connection.ts';
import type { ShopCommandInput, ShopCommandName, ShopCommandResult } from '@octavo/shop/commands/registry.ts';
import type { ImportedBook } from '@octavo/shop/import/recognise.ts';
import type { ShopQueryArgs, ShopQueryName, ShopQueryResult } from '@octavo/shop/queries/registry.ts';
import type { Difference } from '@octavo/sync/recovery/differences.ts';
import type { Notice, SyncState } from '@octavo/sync/state.ts';
import type { Decided, Decision, Undecided } from '../decisions/contract.ts';
import type { Inspection, SyncRecord } from '../doctor/contract.ts';
import type { CarryOver, KeptRecords, RecoveryState } from '../recovery/contract.ts';
import type { DatabaseFacts, ImportCounts, SyncDetails, WriteTicket } from './contract.ts';
import type { DatabaseRoute } from './tabs/leader-link.ts';

/** Commands and queries take milliseconds; what takes this long will not come, and somebody is waiting at the till. */
const DEADLINE_MS = 15_000;
/** Statements of somebody's own may take their time, as may a slice of an import behind a takeover. */
const PATIENT_DEADLINE_MS = 60_000;
/** Exporting reads the whole file. */
const LONG_DEADLINE_MS = 300_000;

/** The shop's commands and queries with their types, for whoever has a route to the database. */
export class DatabaseClient {
  readonly route: DatabaseRoute;
  readonly #onWritten: (full: boolean) => void;

  /**
   * `onClosed`: whoever answered has closed, and somebody else has to be attached. `onWritten`: a write has succeeded, or
   * failed because the device is full.
   */
  constructor(onClosed: () => void, onWritten: (full: boolean) => void = () => undefined) {
    this.#onWritten = onWritten;
    this.route = new RoutedConnection({ deadlineMs: DEADLINE_MS, onClosed });
  }

  /** Runs a command of the shop. Rejects with RemoteError, whose `code` is that of the ShopError. */
  async command<Name extends ShopCommandName>(
    name: Name,
    input: ShopCommandInput<Name>,
  ): Promise<ShopCommandResult<Name>> {
    // The worker runs the command of this name; its result's type is lost on the port and given back here.
    const command = this.route.call('command', [ticket(DEADLINE_MS), name, input]);
    return (await this.#written(command)) as ShopCommandResult<Name>;
  }

  async query<Name extends ShopQueryName>(
    name: Name,
    args: ShopQueryArgs<Name>,
  ): Promise<ShopQueryResult<Name>> {
    return (await this.route.call('query', [name, args])) as ShopQueryResult<Name>;
  }

  /** Calls the listener with the query's result, now and whenever it changes. Returns what ends it. */
  live<Name extends ShopQueryName>(
    name: Name,
    args: ShopQueryArgs<Name>,
    listener: (result: ShopQueryResult<Name>) => void,
    onError: (error: RemoteError) => void,
  ): () => void {
    return this.route.subscribe('live', [name, args], (result) => listener(result as ShopQueryResult<Name>), {
      onError,
    });
  }

  select(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    return this.route.call('select', [sql, params], { deadlineMs: PATIENT_DEADLINE_MS });
  }

  execute(sql: string, params: readonly SqlValue[] = []): Promise<void> {
    const deadlineMs = PATIENT_DEADLINE_MS;
    return this.#written(this.route.call('execute', [ticket(deadlineMs), sql, params], { deadlineMs }));
  }

  /** Saves a slice of an import. */
  saveImported(books: ImportedBook[]): Promise<ImportCounts> {
    const deadlineMs = PATIENT_DEADLINE_MS;
    return this.route.call('saveImported', [ticket(deadlineMs), books], { deadlineMs });
  }

  decide(decision: Decision): Promise<Decided> {
    return this.#written(this.route.call('decide', [ticket(DEADLINE_MS), decision]));
  }

  bringBack(differences: readonly Difference[]): Promise<void> {
    return this.#written(this.route.call('bringBack', [ticket(DEADLINE_MS), differences]));
  }

  onUndecided(listener: (undecided: Undecided) => void): () => void {
    return this.route.subscribe('undecided', [], listener);
  }

  facts(): Promise<DatabaseFacts> {
    return this.route.call('facts', []);
  }

  syncDetails(): Promise<SyncDetails> {
    return this.route.call('syncDetails', []);
  }

  syncRecord(): Promise<SyncRecord> {
    return this.route.call('syncRecord', []);
  }

  inspect(): Promise<Inspection> {
    return this.route.call('inspect', [], { deadlineMs: PATIENT_DEADLINE_MS });
  }

  exportFile(): Promise<Blob> {
    return this.route.call('exportFile', [], { deadlineMs: LONG_DEADLINE_MS });
  }

  setSync(on: boolean): Promise<void> {
    return this.route.call('setSync', [on]);
  }

  retrySync(): Promise<void> {
    return this.route.call('retrySync', []);
  }

  compareShops(): Promise<void> {
    return this.route.call('compareShops', []);
  }

  replaceDatabase(carry: CarryOver, inUse: number | undefined): Promise<void> {
    return this.route.call('replaceDatabase', [carry, inUse]);
  }

  cancelReplacement(): Promise<void> {
    return this.route.call('cancelReplacement', []);
  }

  keptRecords(generation: number): Promise<KeptRecords> {
    return this.route.call('keptRecords', [generation], { deadlineMs: PATIENT_DEADLINE_MS });
  }

  keptDatabase(generation: number): Promise<Blob> {
    return this.route.call('keptDatabase', [generation], { deadlineMs: LONG_DEADLINE_MS });
  }

  forgetKept(generation: number): Promise<void> {
    return this.route.call('forgetKept', [generation]);
  }

  restoreKept(generation: number): Promise<void> {
    return this.route.call('restoreKept', [generation], { deadlineMs: LONG_DEADLINE_MS });
  }

  dismissRecovered(): Promise<void> {
    return this.route.call('dismissRecovered', []);
  }

  onRecovery(listener: (state: RecoveryState) => void): () => void {
    return this.route.subscribe('recovery', [], listener);
  }

  onSync(listener: (state: SyncState) => void): () => void {
    return this.route.subscribe('sync', [], listener);
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    return this.route.on('notice', listener);
  }

  async #written<Result>(write: Promise<Result>): Promise<Result> {
    try {
      const result = await write;
      this.#onWritten(false);
      return result;
    } catch (error) {
      if (error instanceof RemoteError && error.code === 'sqlite-full') this.#onWritten(true);
      throw error;
    }
  }
}

function ticket(deadlineMs: number): WriteTicket {
  return { id: crypto.randomUUID(), expiresAt: Date.now() + deadlineMs };
}
