import {
  CONTRACT_VERSION,
  lifeLock,
  Lobby,
  type LobbyMessage,
  sharedNames,
} from '#lib/database/tabs/lobby.ts';
import { holdLock, lockIsHeld } from '#lib/database/tabs/locks.ts';

/** Between two looks whether a visible page has taken its turn, for a hidden one that let it go first. */
const YIELD_MS = 20;
/** A page has to be looked at for so long before it asks for the lead: walking past tabs moves no database. */
const GLANCE_MS = 500;

export interface TurnOptions {
  /** Of the lobby and the locks, see {@link sharedNames}. */
  scope: string;
  /** Tells this worker from all others. */
  worker: string;
  visible: boolean;
  /** Called while leading, when a page that somebody looks at wants to: finish, close, and end this worker. */
  onHandOver: () => void;
  onMessage: (message: LobbyMessage) => void;
}

/**
 * The turn of one worker to have the database. Workers queue for one lock; a hidden page's lets those of visible pages
 * go first, and hands over when one of them asks. The lock is held until the worker ends: nobody is ever robbed of it,
 * and a worker that gave it up does not come back.
 */
export class Turn implements Disposable {
  readonly lobby: Lobby;
  readonly #options: TurnOptions;
  readonly #names: ReturnType<typeof sharedNames>;
  #visible: boolean;
  #leads = false;
  #givesUp = false;
  #stopWanting: AbortController | undefined;
  #glance: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TurnOptions) {
    this.#options = options;
    this.#names = sharedNames(options.scope);
    this.#visible = options.visible;
    this.lobby = new Lobby(options.scope, (message) => this.#hear(message));
  }

  /** Makes the end of this worker visible to others. */
  async live(): Promise<void> {
    await holdLock(lifeLock(this.#options.worker));
  }

  /** Resolves when it is this worker's turn, which it stays until the worker ends. */
  async come(): Promise<void> {
    this.#want();
    for (;;) {
      const release = await holdLock(this.#names.leadership);
      if (!this.#givesUp && (this.#visible || !(await this.#isWanted()))) break;
      release();
      await pause(YIELD_MS);
    }
    this.#leads = true;
    this.#want();
  }

  /** Tells everybody that the database is open here. */
  announce(): void {
    this.lobby.say({ lobby: 'leading', leader: this.#options.worker, contract: CONTRACT_VERSION });
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.#want();
    if (this.#leads && !visible) this.#afterGlance(() => void this.#handOverIfWanted());
  }

  /** From here on the turn is not taken any more. */
  [Symbol.dispose](): void {
    this.#givesUp = true;
    this.#visible = false;
    this.#want();
    this.lobby[Symbol.dispose]();
  }

  #hear(message: LobbyMessage): void {
    if (message.lobby === 'hand-over') this.#asked(message.contract);
    else if (message.lobby === 'leading' && this.#visible && !this.#leads)
      this.#afterGlance(() => this.#ask());
    this.#options.onMessage(message);
  }

  #asked(contract: number): void {
    if (!this.#leads) return;
    if (contract > CONTRACT_VERSION || !this.#visible) this.#options.onHandOver();
  }

  #ask(): void {
    if (this.#visible && !this.#leads) this.lobby.say({ lobby: 'hand-over', contract: CONTRACT_VERSION });
  }

  async #handOverIfWanted(): Promise<void> {
    if (!this.#visible && (await this.#isWanted())) this.#options.onHandOver();
  }

  /** Holds the lock that says so while this worker waits and its page is visible, and asks the leader once. */
  #want(): void {
    const wants = this.#visible && !this.#leads;
    if (wants === (this.#stopWanting !== undefined)) return;
    this.#stopWanting?.abort();
    this.#stopWanting = undefined;
    clearTimeout(this.#glance);
    if (!wants) return;
    const stop = new AbortController();
    this.#stopWanting = stop;
    void this.#holdWanted(stop.signal);
    this.#afterGlance(() => this.#ask());
  }

  async #holdWanted(signal: AbortSignal): Promise<void> {
    const release = await holdLock(this.#names.wanted, { mode: 'shared' });
    if (signal.aborted) release();
    else signal.addEventListener('abort', release, { once: true });
  }

  #isWanted(): Promise<boolean> {
    return lockIsHeld(this.#names.wanted);
  }

  #afterGlance(run: () => void): void {
    clearTimeout(this.#glance);
    this.#glance = setTimeout(run, GLANCE_MS);
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
