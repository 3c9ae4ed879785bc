import type { Notice } from '@octavo/sync/state.ts';
import { toast } from 'svelte-sonner';
import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import { host } from '../database/host.svelte.ts';
import { formatNumber } from '../format/text.ts';
import { settings } from '../settings/store.svelte.ts';
import { useMine } from './decide.ts';
import { cellsOf, lostEditsFrom, lostSentence, lostValues } from './lost-edits.ts';
import { Names, rowsToName } from './names.ts';

/** Long enough to be read by somebody who was looking at a customer. */
const TOLD_MS = 20_000;

/** Tells that edits of this device were replaced: one with what it was and a way back, several with a way to their list. */
export async function tellLost({ lost, conflicts }: Extract<Notice, { kind: 'overwritten' }>): Promise<void> {
  const edits = lostEditsFrom(conflicts);
  const [edit] = edits;
  if (edit === undefined || edits.length > 1 || lost > conflicts.length) {
    const number = lost > conflicts.length ? lost : edits.length;
    toast.info(`${formatNumber(number)} of your edits were also made at other tills; those were kept.`, {
      duration: TOLD_MS,
      action: { label: 'Show', onClick: () => void goto(resolve('/lost-edits')) },
    });
    return;
  }
  const rows = rowsToName(cellsOf(edit.conflicts));
  const names = new Names(await (await host.opened).query('things', { rows }));
  const context = { currency: settings.current.currency, names };
  toast.info(lostSentence(edit, context), {
    description: lostValues(edit, context),
    duration: TOLD_MS,
    action: { label: 'Use mine', onClick: () => void useMine(edit, context) },
  });
}
