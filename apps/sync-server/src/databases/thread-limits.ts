import type { ResourceLimits } from 'node:worker_threads';

/** Of threads that go through rows, which live for one batch: a large nursery would only keep more of them until it is full. */
export const threadLimits: ResourceLimits = { maxYoungGenerationSizeMb: 8 };
