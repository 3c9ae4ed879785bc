/** Limits are part of the protocol: both sides keep them, and a peer that exceeds one is disconnected. */

/** A WebSocket message of either direction. */
export const MAX_FRAME_BYTES = 4 * 1024 * 1024;
/** The first message of a client, before anybody knows who it is. */
export const MAX_HELLO_BYTES = 64 * 1024;
/** What a sender aims at: a batch is closed when it has grown to this size. A single larger value may exceed it. */
export const BATCH_TARGET_BYTES = 256 * 1024;
/** …or to this many changes, so that merging one batch stays well below 50 ms. */
export const BATCH_TARGET_CHANGES = 1_500;
/** Batches sent and not yet taken in by the receiver. Bounds memory on both sides and the sockets' buffers. */
export const MAX_BATCHES_IN_FLIGHT = 8;
/** What a receiver keeps of one transaction whose end has not come: more is not a shop's work. */
export const MAX_STAGED_BYTES = 1024 * 1024 * 1024;
/** Names of compressions that a client may offer, known here or not. */
export const MAX_COMPRESSIONS = 8;
/** Frames below this are not worth compressing. */
export const COMPRESSION_THRESHOLD_BYTES = 1024;
/** A frame that would become smaller than this part of itself is sent as it is, so that little cannot claim to be much. */
export const MAX_COMPRESSION_RATIO = 64;
/** One cell's value. */
export const MAX_VALUE_BYTES = 2 * 1024 * 1024;
/** A packed primary key. */
export const MAX_KEY_BYTES = 4 * 1024;
/** Names of databases, schemas, tables and columns. */
export const MAX_NAME_BYTES = 256;
export const MAX_TOKEN_BYTES = 4 * 1024;
export const MAX_MESSAGE_TEXT_BYTES = 1024;
/** SQLite stores 64 bits signed; nobody gets anywhere near. */
export const MAX_DB_VERSION = 2n ** 62n - 1n;
/** Epochs that a replica keeps and tells. */
export const MAX_EPOCHS = 256;
/** A connection that has not completed its handshake by then is closed. */
export const HANDSHAKE_TIMEOUT_MS = 5_000;
