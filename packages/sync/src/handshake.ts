import { type DbVersion, type Epoch, type Lineage, sameId, type SiteId } from '@octavo/protocol/identity.ts';
import type { Hello, Refuse, Reidentify, Rewind, Welcome } from '@octavo/protocol/messages.ts';
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '@octavo/protocol/version.ts';
import type { SchemaVersion } from './environment.ts';
import { agreement, type LogKnowledge } from './epochs.ts';
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
    epochs: [...replica.epochs()],
    head: replica.head(),
    schemaName: options.schema.name,
    schemaVersion: options.schema.version,
    lineage,
    cursor: lineage === undefined ? 0n : replica.bookkeeping.peer(lineage).cursor,
    cursorEpochs: lineage === undefined ? [] : replica.bookkeeping.peerEpochs(lineage),
    cursorSchemaVersion: options.schema.version,
    offer: lineage === undefined ? undefined : replica.offers.open(lineage),
  };
}

export type Answer =
  | ({ type: 'welcome' } & Welcome)
  | ({ type: 'refuse' } & Refuse)
  | ({ type: 'reidentify' } & Reidentify)
  | ({ type: 'rewind' } & Omit<Rewind, 'offer'>);

/** What a server needs to know of itself, and of this client, to answer. */
export interface ServerStanding {
  siteId: SiteId;
  lineage: Lineage;
  head: DbVersion;
  epochs: readonly Epoch[];
  schema: SchemaVersion;
  /** What the server durably holds of this client's log, and the epochs it was told for that stretch. */
  ofClient: LogKnowledge;
  /** Changes of this client that are put aside here. */
  attention: number;
  /** The offer that the server asked this client for. */
  issuedOffer: Uint8Array | undefined;
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

  const own: LogKnowledge = { epochs: hello.epochs, position: hello.head };
  const acknowledged = agreement(server.ofClient, own);
  if (acknowledged < server.ofClient.position) return { type: 'reidentify', acknowledged };

  const known: LogKnowledge = { epochs: hello.cursorEpochs, position: hello.cursor };
  const to = agreement(known, { epochs: server.epochs, position: server.head });
  const unknownOffer =
    hello.offer !== undefined &&
    (server.issuedOffer === undefined || !sameId(server.issuedOffer, hello.offer.id));
  if (to < hello.cursor || unknownOffer) return { type: 'rewind', to };

  return {
    type: 'welcome',
    siteId: server.siteId,
    lineage: server.lineage,
    epochs: [...server.epochs],
    head: server.head,
    schemaVersion: server.schema.version,
    acknowledged: server.ofClient.position,
    attention: server.attention,
  };
}
