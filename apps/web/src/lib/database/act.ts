import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { ShopCommandInput, ShopCommandName, ShopCommandResult } from '@octavo/shop/commands/registry.ts';
import { toast } from 'svelte-sonner';
import { storage } from '../storage/storage.svelte.ts';
import { host } from './host.svelte.ts';
import { refusalMessage } from './refusal.ts';

export type Outcome<Result> = { ok: true; result: Result } | { ok: false; error: RemoteError };

/** Runs a command and returns what came of it, for callers that show refusals at their own place. */
export async function attempt<Name extends ShopCommandName>(
  name: Name,
  input: ShopCommandInput<Name>,
): Promise<Outcome<ShopCommandResult<Name>>> {
  try {
    const result = await (await host.opened).command(name, input);
    if (host.keeping === 'device') storage.worthKeeping();
    return { ok: true, result };
  } catch (error) {
    if (error instanceof RemoteError) return { ok: false, error };
    throw error;
  }
}

/** Runs a command; a refusal is shown as a toast. Undefined when it was refused. */
export async function act<Name extends ShopCommandName>(
  name: Name,
  input: ShopCommandInput<Name>,
): Promise<{ result: ShopCommandResult<Name> } | undefined> {
  const outcome = await attempt(name, input);
  if (outcome.ok) return { result: outcome.result };
  showRefusal(outcome.error);
  return undefined;
}

/** Shows why a command was refused. */
export function showRefusal(error: RemoteError): void {
  toast.error(refusalMessage(error));
}

const UNDO_MS = 8_000;

/** Says what was done and offers to undo it: nobody is asked "are you sure" for what can be undone. */
export function offerUndo(message: string, undo: () => Promise<unknown>): void {
  toast(message, { duration: UNDO_MS, action: { label: 'Undo', onClick: () => void undo() } });
}
