import { schema } from '@octavo/shop/schema.ts';
import { Replica } from '@octavo/sync/replica.ts';
import type { RecoveryState } from '#lib/recovery/contract.ts';
import { clock, random } from '../environment.ts';
import type { DatabaseFolder } from '../database-folder.ts';
import type { Generations } from '../generations/generations.ts';
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
  handOver: (lastStep: () => Promise<void>) => Promise<void>;
}

/** The recovery of a database in its folder. */
export function recoveryOf(ground: RecoveryGround): Recovery {
  const { name, server, token, wasm, folder, generations, replica, onState, handOver } = ground;
  const openFile = (file: string) => folder.open(file, wasm).then(({ database }) => database);
  return new Recovery({
    replica,
    folder,
    generations,
    onState,
    handOver,
    open: async (file) => Replica.open(await openFile(file), { schema, clock, random }),
    fill: async (file, onChange) => {
      // A snapshot of the shop, where the server has one, would be put into the file here, before it is opened.
      const database = await openFile(file);
      return new Candidate({ database, name, token, connect: () => new WebSocket(server), onChange });
    },
  });
}
