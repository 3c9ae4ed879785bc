/**
 * The version of the wire, raised by every change that an older peer would misread. `protocol.test.ts` hashes the
 * layouts and fails when they change without a new line here.
 *
 * - 1: hello, welcome, refuse, batch, ack, ping, pong, rewind, reidentify.
 * - 2: a refusal may have the reason `rewound`; a client of version 1 is told `rebuilt` instead.
 * - 3: the server says with `cloud` how its copy outside is; clients of older versions are not told.
 */
export const PROTOCOL_VERSION = 3;

/** The first version whose clients know the reason `rewound`. */
export const KNOWS_REWOUND = 2;

/** The first version whose clients are told how the copy in the cloud is. */
export const KNOWS_CLOUD = 3;

/** The oldest version that this code still speaks. */
export const OLDEST_PROTOCOL_VERSION = 1;
