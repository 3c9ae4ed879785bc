import type { Conflict } from '@octavo/sync/storage/conflicts.ts';
import type { Cell } from './cells.ts';
import { fieldWithin, valueText, type ValueContext } from './cell-words.ts';
import { rowId } from './names.ts';

/**
 * An edit of this device that lost, as the shop sees it. Usually one conflict; a line of a note is kept in parts, and its
 * price is written to each.
 */
export interface LostEdit {
  newest: Conflict;
  conflicts: Conflict[];
}

/** Puts together what was one edit. Order is kept. */
export function lostEditsFrom(conflicts: readonly Conflict[]): LostEdit[] {
  const edits = new Map<string, LostEdit>();
  for (const conflict of conflicts) {
    const known = edits.get(editId(conflict));
    if (known === undefined) edits.set(editId(conflict), { newest: conflict, conflicts: [conflict] });
    else known.conflicts.push(conflict);
  }
  return [...edits.values()];
}

function editId(conflict: Conflict): string {
  if (conflict.table !== 'note_line') return String(conflict.id);
  const { column, ownValue, otherValue, rowDeleted } = conflict;
  return JSON.stringify([rowId(conflict), column, String(ownValue), String(otherValue), rowDeleted]);
}

/** Everything that has to be named to speak of the edits. */
export function cellsOf(conflicts: readonly Conflict[]): Cell[] {
  return conflicts.flatMap(({ table, key, column, ownValue, otherValue }) =>
    [ownValue, otherValue].map((value) => ({ table, key, column, value })),
  );
}

/** What happened to an edit, in a sentence. */
export function lostSentence({ newest }: LostEdit, { names }: ValueContext): string {
  const field = fieldWithin(newest.table, newest.column);
  const name = names.of(newest);
  return newest.rowDeleted
    ? `${capital(name)} was removed at another till, and your change of its ${field} with it.`
    : `The ${field} of ${name} was also changed at another till; that one was kept.`;
}

/** The two values, for those who have to choose. */
export function lostValues({ newest }: LostEdit, context: ValueContext): string {
  const mine = valueText({ column: newest.column, value: newest.ownValue }, context);
  if (newest.rowDeleted) return `Yours was ${mine}.`;
  const theirs = valueText({ column: newest.column, value: newest.otherValue }, context);
  return `Yours was ${mine}, kept was ${theirs}.`;
}

/** What is the case once the own value has been taken after all. */
export function usedSentence({ newest }: LostEdit, context: ValueContext): string {
  const field = fieldWithin(newest.table, newest.column);
  const mine = valueText({ column: newest.column, value: newest.ownValue }, context);
  const back = newest.rowDeleted ? ', and it is back' : '';
  return `The ${field} of ${context.names.of(newest)} is ${mine} now${back}.`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
