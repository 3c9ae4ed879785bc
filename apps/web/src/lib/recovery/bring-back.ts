import { RemoteError } from '@octavo/rpc/remote-error.ts';
import type { Difference } from '@octavo/sync/recovery/differences.ts';
import type { ValueContext } from '../decisions/cell-words.ts';
import { offerUndo, showRefusal } from '../database/act.ts';
import { host } from '../database/host.svelte.ts';
import { count } from '../format/text.ts';
import { type KeptThing, takenBack, takenFrom } from './kept-records.ts';
import { keptKindWords } from './recovery-words.ts';

/** Makes things in use as they are in a kept database, and offers the way back. Returns whether it was done. */
export async function bringBack(
  things: readonly KeptThing[],
  { names }: ValueContext,
  onUndone: () => void,
): Promise<boolean> {
  const records = things.flatMap((thing) => thing.records);
  if (!(await edit(records.map(takenFrom)))) return false;
  const [first] = things;
  if (first === undefined) return true;
  const what = things.length === 1 ? names.of(first.row) : count(things.length, 'record');
  offerUndo(`${keptKindWords[first.kind].done} ${what}`, async () => {
    if (await edit(records.map(takenBack))) onUndone();
  });
  return true;
}

async function edit(differences: readonly Difference[]): Promise<boolean> {
  try {
    await (await host.opened).bringBack(differences);
    return true;
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    showRefusal(error);
    return false;
  }
}
