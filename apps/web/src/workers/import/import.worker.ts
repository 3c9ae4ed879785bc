import { serve } from '@octavo/rpc/serve.ts';
import type { ImportWorkerEvents, ImportWorkerMethods } from '#lib/import/contract.ts';
import { ImportRun } from './import-run.ts';

const run = new ImportRun((progress) => served.emit('progress', progress));

const methods: ImportWorkerMethods = {
  open: (file, options) => run.open(file, options),
  preview: (mapping) => run.preview(mapping),
  run: (mapping, database) => run.run(mapping, database),
  cancel: () => run.cancel(),
  refused: (offset, limit) => run.refused(offset, limit),
  refusedFile: () => run.refusedFile(),
};

const served = serve<ImportWorkerMethods, object, ImportWorkerEvents>(self, methods);
