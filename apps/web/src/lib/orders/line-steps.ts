import { act, offerUndo } from '../database/act.ts';

interface Line {
  id: string;
}

/** Notes that the copies of these lines are here. `what` names them in the sentence that offers to undo it. */
export async function receive(lines: readonly Line[], what: string): Promise<void> {
  const ids = lines.map(({ id }) => id);
  if ((await act('markReceived', { ids })) === undefined) return;
  offerUndo(`Received ${what}`, () => act('unmarkReceived', { ids }));
}

export async function takeBackReceived({ id }: Line, what: string): Promise<void> {
  if ((await act('unmarkReceived', { ids: [id] })) === undefined) return;
  offerUndo(`Not received: ${what}`, () => act('markReceived', { ids: [id] }));
}

/** Notes that the customer has taken the copies of a line. */
export async function collect({ id }: Line, what: string): Promise<void> {
  if ((await act('markCollected', { ids: [id] })) === undefined) return;
  offerUndo(`Collected ${what}`, () => act('unmarkCollected', { ids: [id] }));
}

export async function takeBackCollected({ id }: Line, what: string): Promise<void> {
  if ((await act('unmarkCollected', { ids: [id] })) === undefined) return;
  offerUndo(`Not collected: ${what}`, () => act('markCollected', { ids: [id] }));
}

/** Takes back a wish that nobody has ordered yet. */
export async function removeWish({ id }: Line, what: string): Promise<void> {
  if ((await act('removeOrderLine', { id })) === undefined) return;
  offerUndo(`Removed ${what}`, () => act('restoreOrderLine', { id }));
}
