import { type DbVersion, type Epoch, type Lineage, sameId } from '@octavo/protocol/identity.ts';
import type { Hello, Refuse, Reidentify, Rewind } from '@octavo/protocol/messages.ts';
import { MAX_DB_VERSION } from '@octavo/protocol/limits.ts';
import { ProtocolError } from '@octavo/protocol/protocol-error.ts';
import { KNOWS_REWOUND, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '@octavo/protocol/version.ts';
import type { Schema } from './environment.ts';
import { agreement, type LogKnowledge } from './epochs.ts';
import type { Replica } from './replica.ts';

/** What a client says of itself when a connection opens [HS-1]. */
export function composeHello(
  replica: Replica,
  options: { database: string; token: string | undefined; compressions: readonly string[] },
): Hello {
  const lineage = replica.lineage();
  const { cursor, horizon } =
    lineage === undefined ? { cursor: 0n, horizon: 0n } : replica.bookkeeping.peer(lineage);
  return {
    protocolVersion: PROTOCOL_VERSION,
    database: options.database,
    token: options.token,
    siteId: replica.siteId,
    epochs: [...replica.epochs()],
    head: replica.head(),
    schemaName: replica.schema.name,
    schemaVersion: replica.schema.version,
    lineage,
    cursor,
    horizon,
    serverEpochs: lineage === undefined ? [] : replica.bookkeeping.peerEpochs(lineage),
    backfill: lineage === undefined ? undefined : replica.backfills.of(lineage),
    staged: lineage === undefined ? undefined : replica.staging.of(lineage),
    offer: lineage === undefined ? undefined : replica.offers.open(lineage),
    compressions: [...options.compressions],
  };
}

/** The answer; a welcome is completed by whoever opens the streams. */
export type Answer =
  | { type: 'welcome' }
  | ({ type: 'refuse' } & Refuse)
  | ({ type: 'reidentify' } & Reidentify)
  | ({ type: 'rewind' } & Omit<Rewind, 'offer'>);

/** What a server needs to know of itself, and of this client, to answer. */
export interface ServerStanding {
  lineage: Lineage;
  head: DbVersion;
  epochs: readonly Epoch[];
  schema: Pick<Schema, 'name' | 'version'>;
  /** What the server has heard of this client's log: up to the horizon, and the epochs it was told for that stretch. */
  ofClient: LogKnowledge;
  /** Where the server was last level with this client's log, at or below a version of it. */
  levelWithClient: (version: DbVersion) => DbVersion;
  /** To when the shop was taken back from a lineage, on purpose, in wall-clock ms; undefined where it was not. */
  takenBackTo: (lineage: Lineage) => number | undefined;
  /** The offer that the server asked this client for. */
  issuedOffer: Uint8Array | undefined;
}

/**
 * The server's answer to a hello, from a closed list of reasons. Pure: no data moves before it. Throws
 * {@link ProtocolError} for positions that contradict each other.
 */
export function answerHello(hello: Hello, server: ServerStanding): Answer {
  checkPositions(hello);
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
    const takenBackTo = server.takenBackTo(hello.lineage);
    if (takenBackTo !== undefined && hello.protocolVersion >= KNOWS_REWOUND)
      return refuse(
        'rewound',
        `The shop was taken back on purpose to how it was on ${momentInWords(takenBackTo)}. Your data is still in this browser.`,
      );
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

  const own: LogKnowledge = { epochs: hello.epochs, position: hello.head };
  const agreed = agreement(server.ofClient, own);
  if (agreed < server.ofClient.position)
    return { type: 'reidentify', acknowledged: server.levelWithClient(agreed) };

  const known: LogKnowledge = { epochs: hello.serverEpochs, position: hello.horizon };
  const to = agreement(known, { epochs: server.epochs, position: server.head });
  const unknownOffer =
    hello.offer !== undefined &&
    (server.issuedOffer === undefined || !sameId(server.issuedOffer, hello.offer.id));
  if (to < hello.horizon || unknownOffer) return { type: 'rewind', to };

  return { type: 'welcome' };
}

/** As the clocks of the server show it: whoever took the shop back named the moment by them. */
function momentInWords(wall: number): string {
  return new Intl.DateTimeFormat('en-GB', {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  }).format(wall);
}

/** A position beyond the one that bounds it would be counted on from. */
function checkPositions({ cursor, horizon, head, backfill, offer }: Hello): void {
  const ordered =
    cursor <= horizon &&
    horizon <= MAX_DB_VERSION &&
    head <= MAX_DB_VERSION &&
    (backfill === undefined || (backfill.since > 0 && backfill.through <= cursor)) &&
    (offer === undefined || (offer.from <= offer.through && offer.through <= head));
  if (!ordered) throw new ProtocolError('malformed', 'The positions of a hello contradict each other.');
}
