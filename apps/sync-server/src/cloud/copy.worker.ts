import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { examineFile } from '../databases/examine-file.ts';
import { assembleShop } from './assemble-shop.ts';
import { standingOfFile } from './standing-of-file.ts';

if (parentPort === null)
  throw new Error('This file is the entry of a worker thread; start the server with main.ts.');

const bytes = v.custom<Uint8Array>((value) => value instanceof Uint8Array);
const task = v.parse(
  v.variant('task', [
    v.object({ task: v.literal('standing'), path: v.string(), owner: v.string() }),
    v.object({ task: v.literal('examine'), path: v.string(), owner: v.string() }),
    v.object({
      task: v.literal('assemble'),
      owner: v.string(),
      place: v.string(),
      sites: v.array(
        v.object({
          site: v.string(),
          snapshot: v.object({ path: v.string(), version: v.number(), epoch: v.string() }),
          parts: v.array(v.object({ version: v.number(), epoch: v.string(), bytes })),
        }),
      ),
    }),
  ]),
  workerData,
);

// What this throws ends the thread, and reaches whoever started it as its "error".
parentPort.postMessage(await answer());

function answer(): Promise<unknown> {
  switch (task.task) {
    case 'examine':
      return examineFile(task.path, { depth: 'full', owner: task.owner });
    case 'standing':
      return standingOfFile(task.path, task.owner);
    case 'assemble':
      return assembleShop(task);
  }
}
