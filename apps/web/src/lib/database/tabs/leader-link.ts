import { channelPort } from '@octavo/rpc/channel-port.ts';
import type { Port } from '@octavo/rpc/port.ts';
import type { RoutedConnection } from '@octavo/rpc/routed-connection.ts';
import type { DatabaseEvents, DatabaseMethods, DatabaseSubscriptions } from '../contract.ts';
import { CONTRACT_VERSION, lifeLock, Lobby, type LobbyMessage, sharedNames } from './lobby.ts';
import { holdLock } from './locks.ts';

/** The leader is asked for a sign of life this often… */
const ALIVE_INTERVAL_MS = 1_000;
/** …and has so long to give it. */
const ALIVE_LIMIT_MS = 3_000;
const RETRY_MS = 500;

export type DatabaseRoute = RoutedConnection<DatabaseMethods, DatabaseSubscriptions, DatabaseEvents>;

/** Why there is nobody who answers. */
export type Waiting =
  /** Another tab has the database, or is about to, and is silent. */
  | 'elsewhere'
  /** This tab's own worker is busy with something long. */
  | 'here'
  /** The tab that leads runs a newer version of the app: this page has to be loaded again. */
  | 'newer-version';

export interface LeaderLinkOptions {
  /** Of the lobby and the locks, see {@link sharedNames}. */
  scope: string;
  route: DatabaseRoute;
  /** Whenever the leader falls silent or is heard again. */
  onWaiting?: (waiting: Waiting | undefined) => void;
  onAttached?: () => void;
}

type Place =
  | { at: 'nowhere' }
  | { at: 'joining'; leader: string; channel: BroadcastChannel }
  | { at: 'guest'; leader: string; channel: BroadcastChannel }
  | { at: 'home'; leader: string };

/**
 * Keeps a context's connection at whichever worker leads: the one of its own page, through a port, or another tab's,
 * as a guest on a private channel.
 */
export class LeaderLink implements Disposable {
  readonly #options: LeaderLinkOptions;
  readonly #names: ReturnType<typeof sharedNames>;
  readonly #guest = crypto.randomUUID();
  readonly #lobby: Lobby;
  #place: Place = { at: 'nowhere' };
  #opening = false;
  #waiting: Waiting | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastHeard = performance.now();
  #asking = 0;
  #release: (() => void) | undefined;
  #closed = false;

  constructor(options: LeaderLinkOptions) {
    this.#options = options;
    this.#names = sharedNames(options.scope);
    this.#lobby = new Lobby(options.scope, (message) => this.#hear(message));
    void this.#enter();
  }

  /** The own worker's turn has come: until it has opened the database, nobody else is waited for. */
  opensHere(): void {
    this.#opening = true;
    this.#leave('this tab takes over.');
    this.#heard();
  }

  /** The own worker has the turn but not the file, which somebody else still holds. */
  blockedHere(): void {
    this.#show('elsewhere');
  }

  /** The own worker leads. */
  leadsHere(leader: string, port: Port): void {
    this.#opening = false;
    this.#leave('this tab takes over.');
    this.#place = { at: 'home', leader };
    this.#attach(port);
  }

  /** The own worker is gone. */
  goneHere(): void {
    this.#opening = false;
    if (this.#place.at === 'home') this.lost();
  }

  /** The leader has closed the connection: somebody else is looked for. */
  lost(): void {
    this.#leave('the leader is gone.');
    this.#heard();
    this.#lobby.say({ lobby: 'who' });
    this.#schedule(RETRY_MS);
  }

  /** Asks for a sign of life now: somebody is looking. */
  probe(): void {
    this.#schedule(0);
  }

  [Symbol.dispose](): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#leave('this end is closed.');
    this.#lobby[Symbol.dispose]();
    this.#release?.();
  }

  async #enter(): Promise<void> {
    // The leader serves a guest for as long as this is held.
    this.#release = await holdLock(lifeLock(this.#guest));
    if (this.#closed) {
      this.#release();
      return;
    }
    this.#lobby.say({ lobby: 'who' });
    this.#schedule(RETRY_MS);
  }

  #hear(message: LobbyMessage): void {
    switch (message.lobby) {
      case 'leading':
        if (message.contract === CONTRACT_VERSION) this.#join(message.leader);
        else if (message.contract > CONTRACT_VERSION) this.#show('newer-version');
        return;
      case 'leaving':
        if (this.#place.at !== 'nowhere' && this.#place.leader === message.leader) this.lost();
        return;
      case 'welcome':
        if (message.guest === this.#guest) this.#welcomed(message.leader);
        return;
      case 'who':
      case 'join':
      case 'hand-over':
        return;
    }
  }

  #join(leader: string): void {
    // While the own worker has the lock, whoever says so is late.
    if (this.#release === undefined || this.#opening || this.#place.at === 'home') return;
    if (this.#place.at !== 'nowhere' && this.#place.leader === leader) return;
    this.#leave('another tab leads now.');
    const channel = new BroadcastChannel(this.#names.channel(leader, this.#guest));
    this.#place = { at: 'joining', leader, channel };
    this.#lobby.say({ lobby: 'join', leader, guest: this.#guest });
    this.#schedule(RETRY_MS);
  }

  #welcomed(leader: string): void {
    if (this.#place.at !== 'joining' || this.#place.leader !== leader) return;
    this.#place = { ...this.#place, at: 'guest' };
    this.#attach(channelPort(this.#place.channel));
  }

  #attach(port: Port): void {
    this.#heard();
    this.#options.route.attach(port);
    this.#options.onAttached?.();
    this.#schedule(ALIVE_INTERVAL_MS);
  }

  #leave(reason: string): void {
    const place = this.#place;
    this.#place = { at: 'nowhere' };
    this.#options.route.detach(reason);
    if (place.at === 'joining' || place.at === 'guest') place.channel.close();
  }

  #schedule(milliseconds: number): void {
    clearTimeout(this.#timer);
    if (!this.#closed) this.#timer = setTimeout(() => void this.#watch(), milliseconds);
  }

  /** One round of looking after the leader. */
  async #watch(): Promise<void> {
    switch (this.#place.at) {
      case 'nowhere':
        this.#lobby.say({ lobby: 'who' });
        this.#judge();
        this.#schedule(RETRY_MS);
        return;
      case 'joining':
        // Either may have been lost: the leader itself, or what was said to it.
        this.#lobby.say({ lobby: 'who' });
        this.#lobby.say({ lobby: 'join', leader: this.#place.leader, guest: this.#guest });
        this.#judge();
        this.#schedule(RETRY_MS);
        return;
      case 'guest':
      case 'home':
        this.#schedule(this.#waiting === undefined ? ALIVE_INTERVAL_MS : RETRY_MS);
        await this.#askForLife();
        return;
    }
  }

  async #askForLife(): Promise<void> {
    const { connection } = this.#options.route;
    if (connection === undefined) return;
    // A page whose timers stood still has not been waiting: the question comes first.
    if (this.#asking === 0) this.#lastHeard = performance.now();
    this.#judge();
    this.#asking += 1;
    const answered = await connection.call('alive', [], { deadlineMs: 2 * ALIVE_LIMIT_MS }).then(
      () => true,
      () => false,
    );
    this.#asking -= 1;
    if (answered && this.#options.route.connection === connection) this.#heard();
  }

  #heard(): void {
    this.#lastHeard = performance.now();
    this.#options.route.resume();
    this.#show(undefined);
  }

  #judge(): void {
    if (this.#opening || performance.now() - this.#lastHeard < ALIVE_LIMIT_MS) return;
    this.#options.route.pause();
    if (this.#waiting === undefined) this.#show(this.#place.at === 'home' ? 'here' : 'elsewhere');
  }

  #show(waiting: Waiting | undefined): void {
    if (waiting === this.#waiting) return;
    this.#waiting = waiting;
    this.#options.onWaiting?.(waiting);
  }
}
