import { serve } from '@octavo/rpc/serve.ts';
import type { DoctorWorkerMethods } from '#lib/doctor/contract.ts';
import { OpfsFolder } from '../database/generations/folder.ts';
import { examineFolder } from './examine.ts';
import { probeWorker } from './probes.ts';

const methods: DoctorWorkerMethods = {
  probe: probeWorker,
  examine: async (database, wasm) => {
    try {
      return await examineFolder(await OpfsFolder.of(database), database, wasm);
    } catch (error) {
      return { state: 'not-possible', why: String(error) };
    }
  },
};

serve<DoctorWorkerMethods>(self, methods);
