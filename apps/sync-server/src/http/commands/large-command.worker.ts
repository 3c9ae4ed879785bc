import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { readLargeCommand } from './read-large-command.ts';

const read = readLargeCommand(v.parse(v.instance(Uint8Array), workerData));
parentPort?.postMessage(read, read.kind === 'cover' ? [read.cover.image.buffer] : []);
