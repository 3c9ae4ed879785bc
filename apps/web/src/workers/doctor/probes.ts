import { openAccessHandle } from '@octavo/crsqlite/vfs/opfs-handles.ts';
import { probe } from '#lib/doctor/probe.ts';
import type { WorkerProbes } from '#lib/doctor/contract.ts';

const TRIAL = 'octavo-doctor-trial';

/** Tries what the database needs of a browser, as its worker would. */
export async function probeWorker(): Promise<WorkerProbes> {
  return {
    files: await probe(() => navigator.storage.getDirectory()),
    exclusiveFiles: await probe(async () => {
      const root = await navigator.storage.getDirectory();
      const handle = await openAccessHandle(root, TRIAL);
      try {
        handle.write(new Uint8Array([1]), { at: 0 });
        handle.flush();
      } finally {
        handle.close();
      }
      await root.removeEntry(TRIAL);
    }),
    locks: await probe(() => navigator.locks.request(TRIAL, () => undefined)),
    channels: await probe(() => new BroadcastChannel(TRIAL).close()),
  };
}
