/**
 * The version of the wire, raised by every change that an older peer would misread. `protocol.test.ts` hashes the
 * layouts and fails when they change without a new line here.
 *
 * - 1: hello, welcome, refuse, batch, ack, ping, pong, rewind, reidentify.
 */
export const PROTOCOL_VERSION = 1;

/** The oldest version that this code still speaks. */
export const OLDEST_PROTOCOL_VERSION = 1;
