import { parentPort, workerData } from 'node:worker_threads';
import { SqliteError } from '@octavo/crsqlite/errors.ts';
import { serve, type Served } from '@octavo/rpc/serve.ts';
import { transfer } from '@octavo/rpc/transfer.ts';
import * as v from 'valibot';
import { createDatabaseHost, type HostMethods } from './database-host.ts';
import { FileChangedError } from './file-guard.ts';
import { describeHostError } from './host-errors.ts';
import type { HostEvents } from './host-interface.ts';

if (parentPort === null)
  throw new Error('This file is the entry of a worker thread; start the server with main.ts.');

const { owner } = v.parse(v.object({ owner: v.string() }), workerData);

const host = createDatabaseHost({
  owner,
  perform: (effects) => {
    const frames = effects.flatMap((effect) => (effect.type === 'send' ? [effect.frame.buffer] : []));
    served.emit('effects', transfer(effects, frames));
  },
  reportWrite: (database) => served.emit('wrote', { database }),
  reportFailure: (database, error) =>
    served.emit('failed', {
      database,
      message: describeHostError(error).message,
      damaged: error instanceof SqliteError && error.failure === 'corrupt',
      change: error instanceof FileChangedError ? error.change : undefined,
    }),
});

const served: Served<HostEvents> = serve<HostMethods>(parentPort, host, { describeError: describeHostError });
