import type { Hello, RefuseReason } from '@octavo/protocol/messages.ts';
import type { Logger } from 'pino';
import type { Gatekeeper } from '../auth/gatekeeper.ts';
import { may, mayCreate, mayWrite, type Principal } from '../auth/principal.ts';
import { databaseNameHelp, isDatabaseName } from '../databases/database-name.ts';
import type { ConnectionSink } from '../databases/connections.ts';
import type { Databases } from '../databases/databases.ts';
import type { Attachment } from '../databases/databases-interface.ts';
import { NoRoomError, NoSuchDatabaseError } from '../databases/unavailable.ts';
import type { ChangeBudget } from '../limits/change-budget.ts';
import type { ChangeBudgets } from '../limits/change-budgets.ts';
import type { Counter } from '../limits/counter.ts';
import type { Metrics } from '../metrics/metrics.ts';

/** What a client's first frame is answered with, before its database is asked. */
export type Welcome =
  | {
      type: 'attached';
      attachment: Attachment;
      principal: Principal;
      /** How much is taken from this client. */
      budget: ChangeBudget;
      /** To be called when the connection has ended. */
      release: () => void;
    }
  | { type: 'refuse'; reason: RefuseReason; message: string };

export interface ReceptionOptions {
  databases: Databases;
  gatekeeper: Gatekeeper;
  /** Of connections, by database. */
  places: Counter;
  budgets: ChangeBudgets;
  metrics: Metrics;
  logger: Logger;
  /** Where the client is. */
  address: string;
  /** A token that came with the request that opened the WebSocket. */
  bearer: string | undefined;
}

/** Judges the first frame of one client, and takes it to its database. */
export class Reception {
  readonly #options: ReceptionOptions;

  constructor(options: ReceptionOptions) {
    this.#options = options;
  }

  async receive({ database, token }: Hello, sink: ConnectionSink): Promise<Welcome> {
    const { gatekeeper, places, metrics, address, bearer } = this.#options;
    const admission = await gatekeeper.admit(token ?? bearer, address);
    if (!admission.admitted) {
      if (admission.reason === 'unauthorized') return refuse('unauthorized', admission.message);
      metrics.limited('failed-attempts');
      return refuse('overloaded', admission.message);
    }
    const { principal } = admission;
    if (!isDatabaseName(database)) return refuse('bad-database-name', databaseNameHelp);
    if (!may(principal, { to: 'database', database, role: 'reader' }))
      return refuse('forbidden', `This token is not for "${database}". Ask whoever looks after the server.`);
    const release = places.take(database);
    if (release === undefined) {
      metrics.limited('connections-per-database');
      return refuse('overloaded', `Too many clients sync with "${database}" already.`);
    }
    const welcome = await this.#attach(database, principal, sink, release);
    if (welcome.type === 'refuse') release();
    // It may have been revoked since it was looked at.
    else if (!gatekeeper.stillAdmits(principal)) {
      welcome.attachment.detach();
      release();
      return refuse('unauthorized', 'The token has been revoked.');
    }
    return welcome;
  }

  async #attach(
    database: string,
    principal: Principal,
    sink: ConnectionSink,
    release: () => void,
  ): Promise<Welcome> {
    const { budgets, address } = this.#options;
    const rights = { create: mayCreate(principal, database), mayWrite: mayWrite(principal, database) };
    try {
      const attachment = await this.#options.databases.attach(database, rights, sink);
      // Whoever comes back has not more to spend than whoever stays.
      const budget = budgets.of(principal.kind === 'token' ? `token ${principal.id}` : `address ${address}`);
      return { type: 'attached', attachment, principal, budget, release };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (error instanceof NoSuchDatabaseError) return refuse('unknown-database', message);
      if (error instanceof NoRoomError) {
        this.#options.metrics.limited('open-databases');
        return refuse('overloaded', message);
      }
      this.#options.logger.error({ err: error, database }, 'a database could not be opened for a client');
      return refuse('database-unavailable', `The database could not be opened: ${message}`);
    }
  }
}

function refuse(reason: RefuseReason, message: string): Welcome {
  return { type: 'refuse', reason, message };
}
