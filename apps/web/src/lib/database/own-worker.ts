import type { Connection } from '@octavo/rpc/connect.ts';
import { connect } from '@octavo/rpc/connect.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';
import { transfer } from '@octavo/rpc/transfer.ts';
import { spawnDatabaseWorker } from '../workers.ts';
import type { PageChange, StartRequest, WorkerEvents, WorkerMethods } from './contract.ts';
import { lifeLock } from './tabs/lobby.ts';
import { lockIsFree } from './tabs/locks.ts';

const DEADLINE_MS = 30_000;

type Listeners = { [Name in keyof WorkerEvents]: (value: WorkerEvents[Name]) => void };

export interface OwnWorkerOptions extends Listeners {
  /** The worker has ended by itself, or crashed. */
  ended: () => void;
  /** An error outside of any call: nobody's call is hurt, but it should not pass unseen. */
  trouble: (message: string) => void;
}

/** The database worker of this page: leading, or waiting for its turn. It has one life and is then replaced. */
export class OwnWorker {
  readonly id = crypto.randomUUID();
  /** Where this page is served once the worker leads. */
  readonly port: MessagePort;
  readonly #served: MessagePort;
  readonly #worker = spawnDatabaseWorker();
  readonly #connection: Connection<WorkerMethods, object, WorkerEvents>;
  readonly #over = new AbortController();
  readonly #onEnd: () => void;
  readonly #failedToLoad = Promise.withResolvers<never>();

  constructor({ ended, trouble, ...listeners }: OwnWorkerOptions) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.#served = port2;
    this.#connection = connect<WorkerMethods, object, WorkerEvents>(this.#worker, {
      deadlineMs: DEADLINE_MS,
    });
    this.#listen(listeners);
    // Nobody has to wait: what is loaded is all that most workers ever do here.
    this.#failedToLoad.promise.catch(() => undefined);
    this.#worker.addEventListener('error', (event) => {
      // A script that could not be loaded is a plain event, whatever its type says.
      const message = event instanceof ErrorEvent ? event.message : 'The worker could not be loaded.';
      this.#failedToLoad.reject(new RemoteError({ code: 'worker', message, details: undefined }));
      trouble(message);
    });
    this.#onEnd = ended;
  }

  /** Lets it wait for its turn. Throws RemoteError `worker` when it cannot be loaded. */
  async start(request: Omit<StartRequest, 'worker' | 'port'>): Promise<void> {
    const full: StartRequest = { ...request, worker: this.id, port: this.#served };
    const args: [StartRequest] = [transfer(full, [this.#served])];
    await Promise.race([this.#connection.call('start', args), this.#failedToLoad.promise]);
    void lockIsFree(lifeLock(this.id), this.#over.signal).then(() => this.#onEnd());
  }

  pageChanged(change: PageChange): void {
    this.#told(this.#connection.remote.pageChanged(change));
  }

  /** Asks it to finish, close the database and end. */
  giveUp(): void {
    this.#told(this.#connection.remote.giveUp());
  }

  /** Ends it at once; its file and its locks are free then. */
  end(): void {
    this.#over.abort();
    this.#connection.close('the worker was ended.');
    this.#worker.terminate();
    this.port.close();
  }

  #told(call: Promise<void>): void {
    // A worker that ends instead of answering has done what it was told, or is replaced anyway.
    call.catch(() => undefined);
  }

  #listen(listeners: Listeners): void {
    const connection = this.#connection;
    connection.on('turn', listeners.turn);
    connection.on('opened', listeners.opened);
    connection.on('failed', listeners.failed);
    connection.on('lost', listeners.lost);
    connection.on('retired', listeners.retired);
    connection.on('step', listeners.step);
  }
}
