import type { Notice } from '@octavo/sync/state.ts';
import { toast } from 'svelte-sonner';
import { goto } from '$app/navigation';
import { resolve } from '$app/paths';
import { host } from '../database/host.svelte.ts';
import { formatNumber } from '../format/text.ts';
import { settings } from '../settings/store.svelte.ts';
import { useMine } from './decide.ts';
import { cellsOf, type LostEdit, lostEditsFrom, lostSentence, lostValues } from './lost-edits.ts';
import { Names, rowsToName } from './names.ts';

type Overwritten = Extract<Notice, { kind: 'overwritten' }>;

/** Long enough to be read by somebody who was looking at a customer. */
const TOLD_MS = 20_000;
const TOAST = 'lost-edits';
const NOTHING: Overwritten = { kind: 'overwritten', lost: 0, conflicts: [] };

/** What the toast says that is shown at the moment: a backlog comes in parts, and is told as one. */
let told = NOTHING;

/** Tells that edits of this device were replaced: one with what it was and a way back, several with a way to their list. */
export async function tellLost({ lost, conflicts }: Overwritten): Promise<void> {
  told = {
    kind: 'overwritten',
    lost: told.lost + lost,
    conflicts: [...told.conflicts, ...conflicts],
  };
  const edits = lostEditsFrom(told.conflicts);
  const [edit] = edits;
  const untold = told.lost - told.conflicts.length;
  if (edit !== undefined && edits.length + untold === 1) await tellOne(edit);
  else tellSeveral(edits.length + untold);
}

const lasting = {
  id: TOAST,
  duration: TOLD_MS,
  onDismiss: () => (told = NOTHING),
  onAutoClose: () => (told = NOTHING),
};

async function tellOne(edit: LostEdit): Promise<void> {
  const rows = rowsToName(cellsOf(edit.conflicts));
  const names = new Names(await (await host.opened).query('things', { rows }));
  // More may have been lost meanwhile, and is what the toast says now.
  if (told.conflicts.length !== edit.conflicts.length) return;
  const context = { currency: settings.current.currency, names };
  toast.info(lostSentence(edit, context), {
    ...lasting,
    description: lostValues(edit, context),
    action: { label: 'Use mine', onClick: () => answered(() => useMine(edit, context)) },
  });
}

function tellSeveral(edits: number): void {
  toast.info(`${formatNumber(edits)} of your edits were also made at other tills; those were kept.`, {
    ...lasting,
    description: '',
    action: { label: 'Show', onClick: () => answered(() => goto(resolve('/lost-edits'))) },
  });
}

/** Takes the toast away. */
export function stopTelling(): void {
  toast.dismiss(TOAST);
  told = NOTHING;
}

function answered(answer: () => Promise<void>): void {
  told = NOTHING;
  void answer();
}
