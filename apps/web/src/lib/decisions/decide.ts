import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { Conflict } from '@octavo/sync/storage/conflicts.ts';
import { toast } from 'svelte-sonner';
import { offerUndo, showRefusal } from '../database/act.ts';
import { host } from '../database/host.svelte.ts';
import { count } from '../format/text.ts';
import type { ValueContext } from './cell-words.ts';
import type { Decided, Decision, PutAsideHere } from './contract.ts';
import { type LostEdit, usedSentence } from './lost-edits.ts';
import { changeSubject, putAsideHere } from './put-aside.ts';

/** Has it done; what went wrong is shown. Undefined when it was not done, or may not have been. */
export async function decide(decision: Decision): Promise<Decided | undefined> {
  try {
    return await (await host.opened).decide(decision);
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    showRefusal(error);
    return undefined;
  }
}

/** Makes an edit that lost once more, and offers the way back. */
export async function useMine(edit: LostEdit, context: ValueContext): Promise<void> {
  const { conflicts } = edit;
  const decided = await decide({ kind: 'use-mine', ids: idsOf(conflicts) });
  if (decided === undefined) return;
  if (decided.done === 0) toast('Somebody has already decided this.');
  else offerUndo(usedSentence(edit, context), () => decide({ kind: 'undo-use-mine', conflicts }));
}

/** Forgets edits that lost. */
export async function keepTheirs(conflicts: readonly Conflict[], edits: number): Promise<void> {
  if ((await decide({ kind: 'keep-theirs', ids: idsOf(conflicts) })) === undefined) return;
  const message = edits === 1 ? 'Kept theirs' : `Kept theirs of ${count(edits, 'edit')}`;
  offerUndo(message, () => decide({ kind: 'undo-keep-theirs', conflicts }));
}

const idsOf = (conflicts: readonly Conflict[]): number[] => conflicts.map(({ id }) => id);

/** Tries a change again that this device has put aside. */
export async function retryHere(id: number): Promise<void> {
  const decided = await decide({ kind: 'retry', id });
  if (decided === undefined) return;
  if (decided.refusal !== undefined) toast.error(`It still cannot be stored. ${decided.refusal}`);
  else toast.success('It is stored now.');
}

/** Gives up a change that this device has put aside, and offers the way back. */
export async function discardHere(entry: PutAsideHere, context: ValueContext): Promise<void> {
  if ((await decide({ kind: 'discard', id: entry.id })) === undefined) return;
  const subject = changeSubject(putAsideHere(entry), context);
  offerUndo(`Discarded ${subject}`, () => decide({ kind: 'undo-discard', change: entry }));
}
