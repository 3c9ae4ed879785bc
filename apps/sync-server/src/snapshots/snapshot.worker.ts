import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { buildSnapshot } from './build-snapshot.ts';

if (parentPort === null)
  throw new Error('This file is the entry of a worker thread; start the server with main.ts.');

const order = v.parse(v.object({ copy: v.string(), target: v.string() }), workerData);

// What this throws ends the thread, and reaches whoever started it as its "error".
parentPort.postMessage(await buildSnapshot(order));
