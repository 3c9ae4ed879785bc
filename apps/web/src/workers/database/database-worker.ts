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
import { noRecovery, type RecoveryState } from '#lib/recovery/contract.ts';
import { loadSettings } from '#lib/settings/settings.ts';
import { clock, random } from './environment.ts';
import { describeDatabaseError } from './errors.ts';
import { Guests } from './guests.ts';
import { LastValue } from './last-value.ts';
import { findGround, type Ground, openShop } from './open-shop.ts';
import type { Recovery } from './recovery/recovery.ts';
import { recoveryOf } from './recovery/recovery-of.ts';
import { DatabaseSession } from './session.ts';
import { Turn } from './turn.ts';

export interface DatabaseWorkerOptions {
  emit: <Name extends keyof WorkerEvents>(name: Name, value: WorkerEvents[Name]) => void;
  /** Ends this worker's context. */
  end: () => void;
}

interface Lead {
  session: DatabaseSession;
  recovery: Recovery;
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
  readonly #recovery = new LastValue<RecoveryState>(noRecovery);
  #turn: Turn | undefined;
  #lead: Lead | undefined;
  #ground: Ground | undefined;
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
      this.#lead?.recovery.close();
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
    const [ground, settings] = await Promise.all([
      findGround(request.database, request.keeping, request.files),
      request.keeping === 'memory' ? request.settings : loadSettings(),
    ]);
    this.#ground = ground;
    const server = settings.server ?? request.server;
    const token = settings.token ?? undefined;
    const step = (name: string) => emit('step', { name, at: performance.timeOrigin + performance.now() });
    const onBlocked = () => emit('blocked', undefined);
    const { wasm, setAside } = request;
    const opened = await openShop(ground, { wasm, setAside, onBlocked }, ({ database }) => {
      step('file');
      return new DatabaseSession({
        database,
        request: {
          database: request.database,
          server,
          token,
          syncOn: settings.syncOn,
          online: navigator.onLine,
          visible: this.#visible,
        },
        clock,
        random,
        connect: (url) => new WebSocket(url),
        onState: (state) => {
          this.#state.set(state);
          this.#lead?.recovery.follow(state);
        },
        onNotice: (notice) => this.#lead?.guests.emit('notice', notice),
        onWelcomed: (backlog) => this.#lead?.recovery.welcomed(backlog) === true,
        onRetired: () => this.#retire(),
        onLost: (message) => this.#lose(message),
        onStep: step,
      });
    });
    const { used: session, file, wasSetAside } = opened;
    if (this.#ended) {
      session.close();
      return;
    }
    const recovery = recoveryOf({
      name: request.database,
      server,
      token,
      wasm,
      ...ground,
      replica: session.replica,
      onState: (state) => this.#recovery.set(state),
      resumeStream: () => session.resumeStream(),
      handOver: (lastStep) => this.#handOver(lastStep),
    });
    const guests = new Guests({
      scope: request.scope,
      leader: request.worker,
      lobby: turn.lobby,
      serve: (port) => this.#serve(port, session, recovery, file.exportFile),
    });
    this.#lead = { session, recovery, guests };
    guests.addOwnPage(request.port);
    emit('opened', { created: session.created, setAside: wasSetAside });
    turn.announce();
    await recovery.begin();
  }

  /** The database is replaced: nobody works on the old one any more, and the next worker opens the new one. */
  async #handOver(lastStep: () => Promise<void>): Promise<void> {
    const lead = this.#lead;
    if (this.#ended || lead === undefined) return;
    // Nor is anybody welcome who looks for the leader meanwhile.
    this.#lead = undefined;
    lead.guests[Symbol.dispose]();
    lead.session.close();
    try {
      await lastStep();
      this.#retire();
    } catch (error) {
      // It was not switched: the next worker opens the old one, and goes on.
      this.#lose(this.#describe(error).message);
    }
  }

  /** The next worker goes on with the files as they are now. */
  #retire(): void {
    this.#options.emit('retired', { files: this.#ground?.folder.contents() });
  }

  #lose(message: string): void {
    this.#options.emit('lost', { message, files: this.#ground?.folder.contents() });
  }

  #hear(message: LobbyMessage, worker: string): void {
    if (this.#lead === undefined) return;
    if (message.lobby === 'who') this.#turn?.announce();
    else if (message.lobby === 'join' && message.leader === worker) this.#lead.guests.welcome(message.guest);
  }

  #serve(
    port: Port,
    session: DatabaseSession,
    recovery: Recovery,
    exportFile: () => Promise<Blob>,
  ): Served<DatabaseEvents> {
    const methods: DatabaseMethods = {
      alive: () => undefined,
      command: (ticket, name, input) => session.command(ticket, name, input),
      query: (name, args) => session.query(name, args),
      select: (sql, params) => session.select(sql, params),
      execute: (ticket, sql, params) => session.execute(ticket, sql, params),
      saveImported: (ticket, books) => session.saveImported(ticket, books),
      decide: (ticket, decision) => session.decide(ticket, decision),
      bringBack: (ticket, differences) => session.bringBack(ticket, differences),
      facts: () => session.facts(),
      syncDetails: () => session.syncDetails(),
      syncRecord: () => session.syncRecord(),
      inspect: () => session.inspect(),
      exportFile,
      setSync: (on) => session.setSync(on),
      retrySync: () => session.retrySync(),
      compareShops: () => recovery.compareShops(),
      replaceDatabase: (carry, inUse) => recovery.replaceDatabase(carry, inUse),
      cancelReplacement: () => recovery.cancelReplacement(),
      keptRecords: (generation) => recovery.keptRecords(generation),
      keptDatabase: (generation) => recovery.keptDatabase(generation),
      restoreKept: (generation) => recovery.restoreKept(generation),
      forgetKept: (generation) => recovery.forgetKept(generation),
      dismissRecovered: () => recovery.dismissRecovered(),
    };
    const subscriptions: DatabaseSubscriptions = {
      live: (sink, name, args) => session.live(sink, name, args),
      sync: (sink) => this.#state.subscribe(sink),
      undecided: (sink) => session.undecided(sink),
      recovery: (sink) => this.#recovery.subscribe(sink),
    };
    return serve<DatabaseMethods, DatabaseSubscriptions, DatabaseEvents>(port, methods, {
      subscriptions,
      describeError: (error) => this.#describe(error),
    });
  }

  #describe(error: unknown) {
    return describeDatabaseError(error, (message) => this.#lose(message));
  }
}
