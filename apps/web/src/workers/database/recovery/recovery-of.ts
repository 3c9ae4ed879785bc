import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { RecoveryState } from '#lib/recovery/contract.ts';
import { clock, random } from '../environment.ts';
import type { DatabaseFolder } from '../database-folder.ts';
import type { Generations } from '../generations/generations.ts';
import { snapshotAddress } from '../snapshot/snapshot-request.ts';
import { SnapshotSource } from '../snapshot/snapshot-source.ts';
import { DownloadStore } from '../snapshot/stored-download.ts';
import { Candidate } from './candidate.ts';
import { Recovery } from './recovery.ts';

export interface RecoveryGround {
  /** The database's name, here and on the server. */
  name: string;
  server: string;
  token: string | undefined;
  wasm: WebAssembly.Module;
  folder: DatabaseFolder;
  generations: Generations;
  replica: Replica;
  onState: (state: RecoveryState) => void;
  resumeStream: () => void;
  handOver: (lastStep: () => Promise<void>) => Promise<void>;
}

/** The recovery of a database in its folder. */
export function recoveryOf(ground: RecoveryGround): Recovery {
  const { name, server, token, wasm, folder, generations, replica } = ground;
  const { onState, resumeStream, handOver } = ground;
  const openFile = (file: string) => folder.open(file, wasm).then(({ database }) => database);
  const address = snapshotAddress({ server, database: name }, schema.version);
  return new Recovery({
    replica,
    folder,
    generations,
    onState,
    resumeStream,
    handOver,
    open: async (file) => Replica.open(await openFile(file), { schema, clock, random }),
    fill: (target, { standing, isOfUse, onChange }) => {
      const open = () => openFile(target);
      const connect = () => new WebSocket(server);
      const snapshot =
        address &&
        new SnapshotSource({ address, token, folder, target, open, random, standing, isOfUse, pause });
      return Candidate.open({ open, name, token, connect, snapshot, onChange });
    },
    discardDownload: async () => (await DownloadStore.read(folder)).discard(),
  });
}

/** Ends early with the signal. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
