import type { Hello } from '@octavo/protocol/messages.ts';
import type { Schema } from '../../src/environment.ts';
import { DATABASE } from './machines.ts';

/** What a replica says that has just been made and never met a server, but for what is given. */
export function newHello({ name, version }: Schema, changes: Partial<Hello> = {}): Hello & { type: 'hello' } {
  return {
    type: 'hello',
    protocolVersion: 1,
    database: DATABASE,
    token: undefined,
    siteId: new Uint8Array(16).fill(7),
    epochs: [],
    head: 0n,
    schemaName: name,
    schemaVersion: version,
    lineage: undefined,
    cursor: 0n,
    horizon: 0n,
    serverEpochs: [],
    backfill: undefined,
    staged: undefined,
    offer: undefined,
    compressions: [],
    ...changes,
  };
}
