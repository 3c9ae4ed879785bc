import type { OpfsDatabase } from '@octavo/crsqlite/browser.ts';
import type { Served } from '@octavo/rpc/serve.ts';
import type { Port } from '@octavo/rpc/port.ts';
import { serve } from '@octavo/rpc/serve.ts';
import type { SyncState } from '@octavo/sync/state.ts';
import type {
  DatabaseEvents,
  DatabaseMethods,
  DatabaseSubscriptions,
  PageChange,
  StartRequest,
  WorkerEvents,
  WorkerMethods,
} from '#lib/database/contract.ts';
import type { LobbyMessage } from '#lib/database/tabs/lobby.ts';
import { loadSettings } from '#lib/settings/settings.ts';
import { clock, random } from './environment.ts';
import { describeDatabaseError } from './errors.ts';
import { OpfsFolder } from './generations/folder.ts';
import { Generations } from './generations/generations.ts';
import { Guests } from './guests.ts';
import { LastValue } from './last-value.ts';
import { exportDatabase, openDatabaseFile } from './opfs.ts';
import { DatabaseSession } from './session.ts';
import { Turn } from './turn.ts';

export interface DatabaseWorkerOptions {
  emit: <Name extends keyof WorkerEvents>(name: Name, value: WorkerEvents[Name]) => void;
  /** Ends this worker's context. */
  end: () => void;
}

interface Lead {
  session: DatabaseSession;
  database: OpfsDatabase;
  guests: Guests;
}

/** Waits for its turn, opens the database once, and serves it to the tabs until it gives it up, which is its end. */
export class DatabaseWorker implements WorkerMethods {
  readonly #options: DatabaseWorkerOptions;
  readonly #state = new LastValue<SyncState>({
    status: 'connecting',
    pending: 0,
    attention: 0,
    conflicts: 0,
  });
  #turn: Turn | undefined;
  #lead: Lead | undefined;
  #visible = true;
  #ended = false;

  constructor(options: DatabaseWorkerOptions) {
    this.#options = options;
  }

  async start(request: StartRequest): Promise<void> {
    this.#visible = request.visible;
    const turn = new Turn({
      ...request,
      onHandOver: () => this.giveUp(),
      onMessage: (message) => this.#hear(message, request.worker),
    });
    this.#turn = turn;
    await turn.live();
    this.#open(turn, request).catch((error: unknown) => this.#options.emit('failed', this.#describe(error)));
  }

  pageChanged({ online, visible }: PageChange): void {
    if (visible !== undefined) {
      this.#visible = visible;
      this.#turn?.setVisible(visible);
    }
    this.#lead?.session.pageChanged({
      ...(online !== undefined && { online }),
      ...(visible !== undefined && { visible }),
    });
  }

  /** Transactions are synchronous: none is under way when this is called. */
  giveUp(): void {
    if (this.#ended) return;
    this.#ended = true;
    try {
      this.#lead?.session.close();
    } finally {
      // Also when closing fails, as with an instance that trapped: what is held here ends with the worker.
      this.#lead?.guests[Symbol.dispose]();
      this.#turn?.[Symbol.dispose]();
      this.#options.end();
    }
  }

  async #open(turn: Turn, request: StartRequest): Promise<void> {
    const { emit } = this.#options;
    await turn.come();
    emit('turn', undefined);
    // Read now: another tab may have changed them, or the file, while this one waited.
    const [{ database, folder }, { server, token, syncOn }] = await Promise.all([
      this.#openFile(request),
      loadSettings(),
    ]);
    const step = (name: string) => emit('step', { name, at: performance.timeOrigin + performance.now() });
    step('file');
    if (this.#ended) {
      database.close();
      return;
    }
    const session = new DatabaseSession({
      database,
      request: {
        database: request.database,
        server: server ?? request.server,
        token: token ?? undefined,
        syncOn,
        online: navigator.onLine,
        visible: this.#visible,
      },
      clock,
      random,
      connect: (url) => new WebSocket(url),
      onState: (state) => this.#state.set(state),
      onNotice: (notice) => this.#lead?.guests.emit('notice', notice),
      onRetired: () => emit('retired', undefined),
      onLost: (message) => emit('lost', { message }),
      onStep: step,
    });
    const guests = new Guests({
      database: request.database,
      leader: request.worker,
      lobby: turn.lobby,
      serve: (port) => this.#serve(port, session, () => exportDatabase(folder.directory, database)),
    });
    this.#lead = { session, database, guests };
    guests.addOwnPage(request.port);
    emit('opened', { created: session.created });
    turn.announce();
  }

  /** Opens the file that is the database now. */
  async #openFile({ database: name, wasm }: StartRequest): Promise<{
    database: OpfsDatabase;
    folder: OpfsFolder;
  }> {
    const folder = await OpfsFolder.of(name);
    const generations = await Generations.read(folder, name, () => clock.wall());
    const onBlocked = () => this.#options.emit('blocked', undefined);
    const database = await openDatabaseFile(folder.directory, generations.currentFile, wasm, onBlocked);
    return { database, folder };
  }

  #hear(message: LobbyMessage, worker: string): void {
    if (this.#lead === undefined) return;
    if (message.lobby === 'who') this.#turn?.announce();
    else if (message.lobby === 'join' && message.leader === worker) this.#lead.guests.welcome(message.guest);
  }

  #serve(port: Port, session: DatabaseSession, exportFile: () => Promise<Blob>): Served<DatabaseEvents> {
    const methods: DatabaseMethods = {
      alive: () => undefined,
      command: (ticket, name, input) => session.command(ticket, name, input),
      query: (name, args) => session.query(name, args),
      select: (sql, params) => session.select(sql, params),
      execute: (ticket, sql, params) => session.execute(ticket, sql, params),
      saveImported: (ticket, books) => session.saveImported(ticket, books),
      decide: (ticket, decision) => session.decide(ticket, decision),
      facts: () => session.facts(),
      syncDetails: () => session.syncDetails(),
      exportFile,
      setSync: (on) => session.setSync(on),
      retrySync: () => session.retrySync(),
    };
    const subscriptions: DatabaseSubscriptions = {
      live: (sink, name, args) => session.live(sink, name, args),
      sync: (sink) => this.#state.subscribe(sink),
      undecided: (sink) => session.undecided(sink),
    };
    return serve<DatabaseMethods, DatabaseSubscriptions, DatabaseEvents>(port, methods, {
      subscriptions,
      describeError: (error) => this.#describe(error),
    });
  }

  #describe(error: unknown) {
    return describeDatabaseError(error, (message) => this.#options.emit('lost', { message }));
  }
}
