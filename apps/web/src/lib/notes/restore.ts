import type { NoteDetail } from '@octavo/shop/queries/notes.ts';
import { act } from '../database/act.ts';

/** Makes a removed note again, with its lines as they were. Returns its new id; undefined when it was refused. */
export async function restoreNote(note: NoteDetail): Promise<string | undefined> {
  const name = note.name === null ? {} : { name: note.name };
  const from = note.warehouseId === '' ? {} : { warehouseId: note.warehouseId };
  const created =
    note.kind === 'inbound'
      ? await act('createInboundNote', { warehouseId: note.warehouseId, ...name })
      : await act('createOutboundNote', { ...from, ...name });
  if (created === undefined) return undefined;
  for (const line of note.lines) await restoreLine(created.result.id, line);
  return created.result.id;
}

type Line = NoteDetail['lines'][number];

/** Adds a removed line again, at the price and discount it had. */
export async function restoreLine(noteId: string, line: Line): Promise<void> {
  const { isbn, warehouseId, quantity, price, discount } = line;
  if ((await act('addLine', { noteId, isbn, quantity, warehouseId })) === undefined) return;
  await act('setLinePrice', { noteId, isbn, warehouseId, price });
  await act('setLineDiscount', { noteId, isbn, warehouseId, discount });
}
