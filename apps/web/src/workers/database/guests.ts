import { channelPort } from '@octavo/rpc/channel-port.ts';
import type { Port } from '@octavo/rpc/port.ts';
import type { Served } from '@octavo/rpc/serve.ts';
import type { DatabaseEvents } from '#lib/database/contract.ts';
import { lifeLock, type Lobby, sharedNames } from '#lib/database/tabs/lobby.ts';
import { lockIsFree } from '#lib/database/tabs/locks.ts';

export interface GuestsOptions {
  /** Of the channels, see {@link sharedNames}. */
  scope: string;
  leader: string;
  lobby: Lobby;
  /** Serves one of them. */
  serve: (port: Port) => Served<DatabaseEvents>;
}

interface Guest {
  served: Served<DatabaseEvents>;
  leave: () => void;
}

/** Everybody that the leading worker serves: its own page, and the guests of other tabs for as long as they live. */
export class Guests implements Disposable {
  readonly #options: GuestsOptions;
  readonly #guests = new Map<string, Guest>();

  constructor(options: GuestsOptions) {
    this.#options = options;
  }

  /** Serves the page of this worker. */
  addOwnPage(port: Port): void {
    this.#guests.set('', { served: this.#options.serve(port), leave: () => undefined });
  }

  /** Serves a guest on the private channel of the two; asking twice does no harm. */
  welcome(guest: string): void {
    const { leader, lobby } = this.#options;
    if (!this.#guests.has(guest)) this.#add(guest);
    lobby.say({ lobby: 'welcome', leader, guest });
  }

  emit<Name extends keyof DatabaseEvents>(name: Name, value: DatabaseEvents[Name]): void {
    for (const { served } of this.#guests.values()) served.emit(name, value);
  }

  /** Tells all of them to look elsewhere. */
  [Symbol.dispose](): void {
    for (const guest of [...this.#guests.keys()]) this.#remove(guest);
  }

  #add(guest: string): void {
    const { scope, leader } = this.#options;
    const channel = new BroadcastChannel(sharedNames(scope).channel(leader, guest));
    const stop = new AbortController();
    this.#guests.set(guest, {
      served: this.#options.serve(channelPort(channel)),
      leave: () => {
        stop.abort();
        channel.close();
      },
    });
    void lockIsFree(lifeLock(guest), stop.signal).then(() => this.#remove(guest));
  }

  #remove(name: string): void {
    const guest = this.#guests.get(name);
    this.#guests.delete(name);
    guest?.served.close();
    guest?.leave();
  }
}
