import type { Subject } from '@octavo/outbox/command.ts';
import { toast } from 'svelte-sonner';
import { host } from '../database/host.svelte.ts';
import { settings } from '../settings/store.svelte.ts';
import { storage } from '../storage/storage.svelte.ts';
import { light } from '../sync/light.svelte.ts';
import { outbox } from './outbox.svelte.ts';

/** A decision that only the server can carry out. */
export interface Decided {
  type: string;
  payload: unknown;
  /** The version of what it was decided on. */
  baseVersion?: string;
  lane: string;
  subject: Subject;
}

/** Queues a decision as it is now. Whether it is queued; where not, it is said why. */
export async function queueCommand({ type, payload, baseVersion, lane, subject }: Decided): Promise<boolean> {
  if (light.state.readOnly === true) {
    toast.error(
      'This device may only read, so this was not done. Ask whoever looks after the server for a token that may write.',
    );
    return false;
  }
  const { lineage, siteId, writtenThrough } = await (await host.opened).facts();
  if (lineage === undefined) {
    toast.error('This device has never been connected to the server, so this was not done. Connect it once.');
    return false;
  }
  const { server, database } = settings.access;
  await outbox.add({
    ...{ id: crypto.randomUUID(), type, payload, lane, subject, madeAt: Date.now() },
    destination: { server, database, lineage },
    after: { siteId, dbVersion: writtenThrough },
    ...(baseVersion !== undefined && { baseVersion }),
  });
  if (host.keeping === 'device') storage.worthKeeping();
  return true;
}

/** What supplies are decided about. An order that is cancelled makes lines open again, so it is of the same lane. */
export const supplierLane = (supplierId: string): string => `supplier:${supplierId}`;
export const coverLane = (isbn: string): string => `cover:${isbn}`;
