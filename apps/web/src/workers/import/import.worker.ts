import { serve } from '@octavo/rpc/serve.ts';
import type { Mapping } from '@octavo/shop/import/columns.ts';
import type { ImportWorkerEvents, ImportWorkerMethods, Summary } from '#lib/import/contract.ts';
import { DatabaseClient } from '#lib/database/client.ts';
import { LeaderLink } from '#lib/database/tabs/leader-link.ts';
import { ImportRun } from './import-run.ts';

const run = new ImportRun((progress) => served.emit('progress', progress));

const methods: ImportWorkerMethods = {
  open: (file, options) => run.open(file, options),
  preview: (mapping) => run.preview(mapping),
  run: runImport,
  cancel: () => run.cancel(),
  refused: (offset, limit) => run.refused(offset, limit),
  refusedFile: () => run.refusedFile(),
};

/** Saves as a guest of whichever worker leads: nothing passes through the page, and a takeover does not end it. */
async function runImport(mapping: Mapping, scope: string): Promise<Summary> {
  const client = new DatabaseClient(() => link.lost());
  using link = new LeaderLink({ scope, route: client.route });
  return await run.run(mapping, client);
}

const served = serve<ImportWorkerMethods, object, ImportWorkerEvents>(self, methods);
