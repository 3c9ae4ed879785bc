import { closeCodes, type CloseReason } from '@octavo/protocol/close-codes.ts';
import type { ConnectionEffect } from './host-interface.ts';

/** Receives what a database's engine says to one connection. */
export type ConnectionSink = (effect: ConnectionEffect) => void;

interface Connected {
  database: string;
  sink: ConnectionSink;
  /** To be called when it has ended. */
  ended: () => void;
}

/** The connections to open databases, by numbers that grow. */
export class Connections {
  readonly #known = new Map<number, Connected>();
  #next = 1;

  add(connected: Connected): number {
    const connection = this.#next++;
    this.#known.set(connection, connected);
    return connection;
  }

  /** Whose connection it is; `undefined` for one that has ended. */
  databaseOf(connection: number): string | undefined {
    return this.#known.get(connection)?.database;
  }

  /** Returns whether it was there: its sink is not called again. */
  remove(connection: number): boolean {
    this.#known.get(connection)?.ended();
    return this.#known.delete(connection);
  }

  deliver(effects: readonly ConnectionEffect[]): void {
    for (const effect of effects) {
      const known = this.#known.get(effect.connection);
      if (effect.type === 'close') this.remove(effect.connection);
      known?.sink(effect);
    }
  }

  /** Ends all connections of a database that cannot tell them any more. */
  closeThoseOf(name: string, reason: CloseReason, message: string): void {
    const effects = [...this.#known]
      .filter(([, { database }]) => database === name)
      .map(([connection]) => ({
        ...{ type: 'close' as const, connection, code: closeCodes[reason], reason, message },
      }));
    this.deliver(effects);
  }
}
