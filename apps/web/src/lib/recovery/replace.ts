import { toast } from 'svelte-sonner';
import { host } from '../database/host.svelte.ts';
import type { CarryOver } from './contract.ts';

/** Begins to replace the database; whoever asked goes on where they are. */
export function begin(carry: CarryOver): Promise<void> {
  const { inUse } = host.recovery;
  return attempt('It could not be begun', async () => (await host.opened).replaceDatabase(carry, inUse));
}

export function cancel(): Promise<void> {
  return attempt('It could not be stopped', async () => (await host.opened).cancelReplacement());
}

export function restore(generation: number): Promise<void> {
  return attempt('It could not be put back', async () => (await host.opened).restoreKept(generation));
}

export function forget(generation: number): Promise<void> {
  return attempt('It could not be deleted', async () => (await host.opened).forgetKept(generation));
}

/** Does something; where it fails, that is said. */
export async function attempt(otherwise: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    toast.error(otherwise, { description: error instanceof Error ? error.message : String(error) });
  }
}
