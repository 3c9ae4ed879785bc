import { serve } from '@octavo/rpc/serve.ts';
import type { WorkerEvents, WorkerMethods } from '#lib/database/contract.ts';
import { DatabaseWorker } from './database-worker.ts';

const worker = new DatabaseWorker({
  emit: (name, value) => served.emit(name, value),
  end: () => self.close(),
});

const methods: WorkerMethods = {
  start: (request) => worker.start(request),
  pageChanged: (change) => worker.pageChanged(change),
  giveUp: () => worker.giveUp(),
};

const served = serve<WorkerMethods, object, WorkerEvents>(self, methods);
