import type { Lineage, SiteId } from '@octavo/protocol/identity.ts';
import { sameId } from '@octavo/protocol/identity.ts';
import type { Hello, Refuse, Welcome } from '@octavo/protocol/messages.ts';
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '@octavo/protocol/version.ts';
import type { SchemaVersion } from './environment.ts';
import type { Replica } from './replica.ts';

/** What a client says of itself when a connection opens [HS-1]. */
export function composeHello(
  replica: Replica,
  options: { database: string; token: string | undefined; schema: SchemaVersion },
): Hello {
  const lineage = replica.lineage();
  return {
    protocolVersion: PROTOCOL_VERSION,
    database: options.database,
    token: options.token,
    siteId: replica.siteId,
    epochs: replica.epochs(),
    head: replica.head(),
    schemaName: options.schema.name,
    schemaVersion: options.schema.version,
    lineage,
    cursor: lineage === undefined ? 0n : replica.bookkeeping.peer(lineage).cursor,
    cursorEpochs: lineage === undefined ? [] : replica.bookkeeping.peerEpochs(lineage),
    cursorSchemaVersion: options.schema.version,
  };
}

export type Answer = ({ type: 'welcome' } & Welcome) | ({ type: 'refuse' } & Refuse);

/** What a server needs to know of itself to answer. */
export interface ServerStanding {
  siteId: SiteId;
  lineage: Lineage;
  head: bigint;
  epochs: Welcome['epochs'];
  schema: SchemaVersion;
  /** How far the server durably holds this client's log. */
  acknowledged: bigint;
}

/** The server's answer to a hello, from a closed list of reasons. Pure: no data moves before it. */
export function answerHello(hello: Hello, server: ServerStanding): Answer {
  const refuse = (reason: Refuse['reason'], message: string): Answer => ({ type: 'refuse', reason, message });

  if (hello.protocolVersion < OLDEST_PROTOCOL_VERSION || hello.protocolVersion > PROTOCOL_VERSION) {
    return refuse(
      'protocol-unsupported',
      `This server speaks protocol ${OLDEST_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}, the app speaks ${hello.protocolVersion}. Reload the app, or update the server.`,
    );
  }
  if (hello.schemaName !== server.schema.name) {
    return refuse(
      'other-schema',
      `The database holds "${server.schema.name}", not "${hello.schemaName}". Choose another database in the settings.`,
    );
  }
  if (hello.lineage !== undefined && !sameId(hello.lineage, server.lineage)) {
    return refuse(
      'rebuilt',
      'The server now holds another shop under this name. Your data is still in this browser.',
    );
  }
  if (hello.schemaVersion > server.schema.version) {
    return refuse(
      'server-behind',
      'The app is newer than the server. Nothing is lost; your changes are sent when the server has been updated.',
    );
  }
  if (hello.schemaVersion < server.schema.version) {
    return refuse(
      'client-behind',
      'The server is newer than the app. Reload the app to get the new version.',
    );
  }
  if (hello.cursor > server.head) {
    return refuse(
      'server-restored',
      'The server was restored from an older copy. Nothing is lost in this browser.',
    );
  }
  if (server.acknowledged > hello.head) {
    return refuse(
      'replica-restored',
      'The database in this browser is an older copy of one that has already synced.',
    );
  }
  return {
    type: 'welcome',
    siteId: server.siteId,
    lineage: server.lineage,
    epochs: server.epochs,
    head: server.head,
    schemaVersion: server.schema.version,
    acknowledged: server.acknowledged,
  };
}
