import type { Row, SqlValue } from '@octavo/crsqlite/database.ts';
import type { Connection } from '@octavo/rpc/connect.ts';
import { connect } from '@octavo/rpc/connect.ts';
import type { RemoteError } from '@octavo/rpc/remote-error.ts';
import { transfer } from '@octavo/rpc/transfer.ts';
import type { ShopCommandInput, ShopCommandName, ShopCommandResult } from '@octavo/shop/commands/registry.ts';
import type { ShopQueryArgs, ShopQueryName, ShopQueryResult } from '@octavo/shop/queries/registry.ts';
import type { Notice, SyncState } from '@octavo/sync/state.ts';
import type {
  DatabaseEvents,
  DatabaseFacts,
  DatabaseMethods,
  DatabaseSubscriptions,
  OpenRequest,
} from './contract.ts';

/** Commands and queries take milliseconds; what takes this long will not come. */
const DEADLINE_MS = 30_000;
/** Opening may migrate and roll back; exporting reads the whole file. */
const LONG_DEADLINE_MS = 300_000;

/** The page's side of the database worker: the shop's commands and queries with their types. */
export class DatabaseClient {
  readonly #connection: Connection<DatabaseMethods, DatabaseSubscriptions, DatabaseEvents>;

  constructor(port: Worker | MessagePort) {
    this.#connection = connect<DatabaseMethods, DatabaseSubscriptions, DatabaseEvents>(port, {
      deadlineMs: DEADLINE_MS,
    });
  }

  open(request: OpenRequest): Promise<void> {
    return this.#connection.call('open', [request], { deadlineMs: LONG_DEADLINE_MS });
  }

  /** Runs a command of the shop. Rejects with RemoteError, whose `code` is that of the ShopError. */
  async command<Name extends ShopCommandName>(
    name: Name,
    input: ShopCommandInput<Name>,
  ): Promise<ShopCommandResult<Name>> {
    // The worker runs the command of this name; its result's type is lost on the port and given back here.
    return (await this.#connection.remote.command(name, input)) as ShopCommandResult<Name>;
  }

  async query<Name extends ShopQueryName>(
    name: Name,
    args: ShopQueryArgs<Name>,
  ): Promise<ShopQueryResult<Name>> {
    return (await this.#connection.remote.query(name, args)) as ShopQueryResult<Name>;
  }

  /** Calls the listener with the query's result, now and whenever it changes. Returns what ends it. */
  live<Name extends ShopQueryName>(
    name: Name,
    args: ShopQueryArgs<Name>,
    listener: (result: ShopQueryResult<Name>) => void,
    onError: (error: RemoteError) => void,
  ): () => void {
    return this.#connection.subscribe(
      'live',
      [name, args],
      (result) => listener(result as ShopQueryResult<Name>),
      { onError },
    );
  }

  select(sql: string, params: readonly SqlValue[] = []): Promise<Row[]> {
    return this.#connection.remote.select(sql, params);
  }

  execute(sql: string, params: readonly SqlValue[] = []): Promise<void> {
    return this.#connection.remote.execute(sql, params);
  }

  facts(): Promise<DatabaseFacts> {
    return this.#connection.remote.facts();
  }

  exportFile(): Promise<Blob> {
    return this.#connection.call('exportFile', [], { deadlineMs: LONG_DEADLINE_MS });
  }

  setSync(on: boolean): Promise<void> {
    return this.#connection.remote.setSync(on);
  }

  retrySync(): Promise<void> {
    return this.#connection.remote.retrySync();
  }

  pageChanged(change: { online?: boolean; visible?: boolean }): Promise<void> {
    return this.#connection.remote.pageChanged(change);
  }

  /** Gives an import worker its own way to the database. */
  acceptImport(port: MessagePort): Promise<void> {
    return this.#connection.remote.acceptImport(transfer(port, [port]));
  }

  onSync(listener: (state: SyncState) => void): () => void {
    return this.#connection.on('sync', listener);
  }

  onStep(listener: (step: DatabaseEvents['step']) => void): () => void {
    return this.#connection.on('step', listener);
  }

  /** The worker cannot go on with this database: it has to be started anew. */
  onLost(listener: (reason: DatabaseEvents['lost']) => void): () => void {
    return this.#connection.on('lost', listener);
  }

  onNotice(listener: (notice: Notice) => void): () => void {
    return this.#connection.on('notice', listener);
  }

  onRetired(listener: () => void): () => void {
    return this.#connection.on('retired', listener);
  }

  close(reason: string): void {
    this.#connection.close(reason);
  }
}
