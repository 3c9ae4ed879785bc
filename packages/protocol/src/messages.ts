import { batch } from './batch.ts';
import {
  boolean,
  type Codec,
  type Decoded,
  list,
  oneOf,
  optional,
  struct,
  text,
  uint,
  varint,
} from './codec.ts';
import { epoch, id } from './identity.ts';
import {
  MAX_COMPRESSIONS,
  MAX_EPOCHS,
  MAX_MESSAGE_TEXT_BYTES,
  MAX_NAME_BYTES,
  MAX_TOKEN_BYTES,
} from './limits.ts';

/**
 * What a client returns to a server that was restored from an older copy: its changes of every author above `from`, up
 * to `through` in its own log, under the id that the server gave out when it asked.
 */
export const offer = struct({ id, from: varint, through: varint });
export type Offer = Decoded<typeof offer>;

/**
 * The beginning of a transaction that came in parts, kept on disk by the receiver until its end has come [ST-2]: the
 * sender goes on after it, where its log still is the one that the beginning was read from.
 */
export const staged = struct({
  /** The sender's epoch that the transaction belongs to. */
  epoch: id,
  version: varint,
  /** The first sequence that has not come. */
  sequence: uint,
});
export type Staged = Decoded<typeof staged>;

/**
 * After an upgrade of its schema a client lacks what the server's log holds, up to the client's cursor, in tables and
 * columns that it did not know before [HS-2].
 */
export const backfill = struct({
  /** The newest schema version of which nothing is missing. */
  since: uint,
  /** How far the server's log has been gone through for it. */
  through: varint,
});
export type Backfill = Decoded<typeof backfill>;

/** How batches may be compressed. */
export const compressions = ['deflate'] as const;
export type Compression = (typeof compressions)[number];

/**
 * The first frame of a client. Its first two fields never change, in any version, so that any two versions can at
 * least disagree politely.
 */
export const hello = struct({
  protocolVersion: uint,
  database: text(MAX_NAME_BYTES),
  token: optional(text(MAX_TOKEN_BYTES)),
  siteId: id,
  /** The client's own epochs, newest last. */
  epochs: list(epoch, MAX_EPOCHS),
  /** The largest version in the client's log. */
  head: varint,
  schemaName: text(MAX_NAME_BYTES),
  schemaVersion: uint,
  /** Absent until the first welcome. */
  lineage: optional(id),
  /** How far the client has applied the server's log… */
  cursor: varint,
  /** …the head under which it has read there, or the cursor if that is more… */
  horizon: varint,
  /** …and what it knows of the server's epochs up to the horizon. */
  serverEpochs: list(epoch, MAX_EPOCHS),
  /** What an upgrade of the schema left to be filled in. */
  backfill: optional(backfill),
  /** The beginning of a transaction of the server. */
  staged: optional(staged),
  /** An offer that is not over yet [OF-1]. */
  offer: optional(offer),
  /** What the client can read and write, the preferred first. */
  compressions: list(text(MAX_NAME_BYTES), MAX_COMPRESSIONS),
});
export type Hello = Decoded<typeof hello>;

export const welcome = struct({
  siteId: id,
  lineage: id,
  /** The server's epochs, newest last. */
  epochs: list(epoch, MAX_EPOCHS),
  /** The largest version in the server's log: the client is level when it has applied this. */
  head: varint,
  schemaVersion: uint,
  /** How far the server durably holds the client's log. A lost ack is caught up by this. */
  acknowledged: varint,
  /** The beginning of a transaction of the client. */
  staged: optional(staged),
  /** How many changes are to come, as far as the server can say at once. */
  backlog: uint,
  /** How both sides compress batches from now on. */
  compression: optional(oneOf(compressions)),
  /** Changes of the client that could not be applied at the server and are put aside there. */
  attention: uint,
  /** Whether the server takes changes from this client; where it does not, the client sends none. */
  mayWrite: boolean,
});
export type Welcome = Decoded<typeof welcome>;

/**
 * The server lost what the client had received above `to`. The client moves its cursor there, opens an offer under
 * this id, and says hello again on the same connection.
 */
export const rewind = struct({ to: varint, offer: id });
export type Rewind = Decoded<typeof rewind>;

/**
 * The client's file is a copy of one that has synced since: it must go on under a new site id. Its own changes above
 * `acknowledged` are the new identity's; the server holds those below.
 */
export const reidentify = struct({ acknowledged: varint });
export type Reidentify = Decoded<typeof reidentify>;

/** Why a server refuses a client: a closed list. What a client does about each is decided in one place, the light. */
export const refuseReasons = [
  'protocol-unsupported',
  'bad-database-name',
  'unknown-database',
  'unauthorized',
  'forbidden',
  'other-schema',
  'server-behind',
  'rebuilt',
  'database-unavailable',
  'overloaded',
  'rewound',
] as const;
export type RefuseReason = (typeof refuseReasons)[number];

export const refuse = struct({ reason: oneOf(refuseReasons), message: text(MAX_MESSAGE_TEXT_BYTES) });
export type Refuse = Decoded<typeof refuse>;

export const ack = struct({
  /** Batches of this connection taken in so far: the sender may have a bounded number beyond it. */
  batches: uint,
  /** The sender's version up to which everything is committed and on disk here. */
  through: varint,
  /** Changes of this connection that were news here, beyond those that lost or were known. */
  news: uint,
  /** Changes of the sender that could not be applied here and are put aside. */
  attention: uint,
});
export type Ack = Decoded<typeof ack>;

export const ping = struct({ nonce: uint });
export type Ping = Decoded<typeof ping>;

export const pong = struct({
  nonce: uint,
  /** The server's head when it answered. */
  head: varint,
  /** How far the server durably holds the client's log. */
  acknowledged: varint,
  /** Changes of the client that are put aside here: somebody may have dealt with them since the last ack. */
  attention: uint,
});
export type Pong = Decoded<typeof pong>;

/** Why a copy in the cloud failed: a closed list. */
export const cloudFailures = [
  /** Nobody answers where it is kept. */
  'unreachable',
  /** What is there does not answer, or does not go on. */
  'silent',
  /** The server is not let in there, or there is no such place. */
  'refused',
  'full',
  /** What arrived is not what was sent. */
  'damaged',
  /** Another failure, there or at the server. */
  'failed',
  /** Something was written that no upload has taken along yet, as after a crash. */
  'not-yet-copied',
] as const;
export type CloudFailure = (typeof cloudFailures)[number];

export const cloudStates = [
  /** This server keeps no copies. */
  'off',
  /** Everything is in the copy, as far as `through`. */
  'copied',
  /** An upload is under way. */
  'copying',
  /** The last upload failed; the next write, or a request, tries again. */
  'failed',
] as const;

/** How the server's copy outside its own disk is: told after the welcome, and when it has changed [CC-5]. */
export const cloud = struct({
  state: oneOf(cloudStates),
  /** Why the last upload failed, as long as none has succeeded since: with `failed`, and while it is tried again. */
  failure: optional(oneOf(cloudFailures)),
  /** Whose copy it is: with the version it names the moment to which one can go back. */
  site: id,
  /** Counts the uploads; 0 where there has been none. */
  version: uint,
  /** Up to where the server's log is in that version… */
  through: varint,
  /** …and the client's own. */
  confirmed: varint,
  /** When the last upload ended, by the server's wall clock, ms. */
  copiedAt: optional(uint),
});
export type Cloud = Decoded<typeof cloud>;

/** Every message by the number that opens its frame. Numbers are never reused. */
const codecs = { hello, welcome, refuse, batch, ack, ping, pong, rewind, reidentify, cloud } as const;
type MessageName = keyof typeof codecs;
const codeByName: Record<MessageName, number> = {
  hello: 1,
  welcome: 2,
  refuse: 3,
  batch: 4,
  ack: 5,
  ping: 6,
  pong: 7,
  rewind: 8,
  reidentify: 9,
  // 10 opens a frame that is compressed.
  cloud: 11,
};
const upstreamNames = ['hello', 'batch', 'ack', 'ping'] as const;
const downstreamNames = [
  'welcome',
  'refuse',
  'rewind',
  'reidentify',
  'batch',
  'ack',
  'pong',
  'cloud',
] as const;

type MessageOf<Name extends MessageName> = { [N in Name]: { type: N } & Decoded<(typeof codecs)[N]> }[Name];
/** What a client may send. */
export type Upstream = MessageOf<(typeof upstreamNames)[number]>;
/** What a server may send. */
export type Downstream = MessageOf<(typeof downstreamNames)[number]>;
export type Message = Upstream | Downstream;

export interface MessageDefinition {
  name: string;
  code: number;
  codec: Codec<unknown>;
}

export const definitions: readonly MessageDefinition[] = (Object.keys(codecs) as MessageName[]).map(
  (name) => ({
    name,
    code: codeByName[name],
    codec: codecs[name],
  }),
);

export const isUpstream = (message: Message): message is Upstream =>
  upstreamNames.some((name) => name === message.type);
export const isDownstream = (message: Message): message is Downstream =>
  downstreamNames.some((name) => name === message.type);
