/**
 * Where the tabs of one browser that have the same database meet: a broadcast channel that all hear, Web Locks, and a
 * private channel between the leader's worker and each of its guests. See docs/decisions/tabs.md.
 */

/**
 * Raised when pages and workers of two versions of the app would not understand each other any more. Locks and lobby
 * keep their names for ever, so that they still take turns.
 */
export const CONTRACT_VERSION = 2;

export type LobbyMessage =
  /** Somebody looks for the leader. */
  | { lobby: 'who' }
  /** This worker has the database open and serves it. Also the answer to "who". */
  | { lobby: 'leading'; leader: string; contract: number }
  /** This worker has closed the database; somebody else may have it. */
  | { lobby: 'leaving'; leader: string }
  /** Asks to be served on the private channel of these two. */
  | { lobby: 'join'; leader: string; guest: string }
  /** The leader listens on that channel from now on. */
  | { lobby: 'welcome'; leader: string; guest: string }
  /** A worker whose page somebody looks at would like to lead. Whoever leads unseen, or is older, gives way. */
  | { lobby: 'hand-over'; contract: number };

/**
 * The names of what the tabs of a database share. The scope is the database's name; a window that keeps its database in
 * memory shares it with nobody, and has a scope of its own.
 */
export function sharedNames(scope: string) {
  return {
    lobby: `octavo/${scope}`,
    /** Whose holder may open the file. Held by a worker, so that it ends with it and never before. */
    leadership: `octavo/database/${scope}`,
    /** Held, shared, by every waiting worker whose page is visible. */
    wanted: `octavo/database/${scope}/wanted`,
    channel: (leader: string, guest: string) => `octavo/${leader}/${guest}`,
  };
}

/** A lock that a guest or a worker holds for as long as it lives, so that its end can be waited for. */
export const lifeLock = (id: string): string => `octavo/life/${id}`;

export function parseLobbyMessage(data: unknown): LobbyMessage | undefined {
  if (typeof data !== 'object' || data === null || !('lobby' in data)) return undefined;
  const text = (name: string): string | undefined => {
    const value: unknown = Reflect.get(data, name);
    return typeof value === 'string' ? value : undefined;
  };
  const [leader, guest] = [text('leader'), text('guest')];
  const contract = 'contract' in data && typeof data.contract === 'number' ? data.contract : undefined;
  switch (data.lobby) {
    case 'who':
      return { lobby: 'who' };
    case 'hand-over':
      return contract === undefined ? undefined : { lobby: 'hand-over', contract };
    case 'leading':
      return leader === undefined || contract === undefined
        ? undefined
        : { lobby: 'leading', leader, contract };
    case 'leaving':
      return leader === undefined ? undefined : { lobby: 'leaving', leader };
    case 'join':
    case 'welcome':
      return leader === undefined || guest === undefined ? undefined : { lobby: data.lobby, leader, guest };
    default:
      return undefined;
  }
}

/** The lobby of a scope, as one context hears it and speaks in it. */
export class Lobby implements Disposable {
  readonly #channel: BroadcastChannel;

  constructor(scope: string, onMessage: (message: LobbyMessage) => void) {
    this.#channel = new BroadcastChannel(sharedNames(scope).lobby);
    this.#channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      const message = parseLobbyMessage(data);
      if (message !== undefined) onMessage(message);
    });
  }

  say(message: LobbyMessage): void {
    this.#channel.postMessage(message);
  }

  [Symbol.dispose](): void {
    this.#channel.close();
  }
}
