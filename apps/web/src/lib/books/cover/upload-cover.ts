import { COVER_UPLOAD } from '@octavo/shop/server-commands/wire.ts';
import { toast } from 'svelte-sonner';
import { formatBytes } from '../../format/text.ts';
import { outbox } from '../../outbox/outbox.svelte.ts';
import { coverLane, queueCommand } from '../../outbox/queue-command.ts';
import { prepareCover, toBase64 } from './prepare-cover.ts';

/** Has the server take a picture as the cover of a book, now or as soon as there is a network. */
export async function uploadCover(
  book: { isbn: string; title: string | null; cover: string | null },
  file: File,
): Promise<void> {
  const subject = { words: `the cover of “${book.title ?? book.isbn}”`, href: `/books/${book.isbn}` };
  const prepared = await prepareCover(file);
  if (prepared.kind === 'unusable') {
    toast.error(prepared.message, { description: file.name });
    return;
  }
  if (prepared.kind === 'too-large' && !(prepared.sendable && outbox.connected)) {
    await putOff(subject, file);
    return;
  }
  // The picture before is of no use any more.
  const lane = coverLane(book.isbn);
  const before = outbox.pending(lane).filter(({ state }) => state.name !== 'sending');
  const image = await toBase64(prepared.image);
  const queued = await queueCommand({
    ...{ type: COVER_UPLOAD, payload: { isbn: book.isbn, image }, lane, subject },
    baseVersion: book.cover ?? '',
  });
  if (queued) for (const entry of before) await outbox.takeOut(entry);
}

/** It would fill the queue: a person does it again. */
async function putOff(subject: { words: string; href: string }, file: File): Promise<void> {
  const { here } = outbox;
  const size = `“${file.name}” has ${formatBytes(file.size)} and could not be made smaller here`;
  if (outbox.connected || here === undefined) {
    toast.error(`${size}. Choose a smaller picture.`);
    return;
  }
  await outbox.addTask({
    ...{ id: crypto.randomUUID(), destination: here, madeAt: Date.now(), subject },
    why: `${size}, and there is no network. Choose it again when there is one, or a smaller one now.`,
  });
  toast.warning('This picture is too large to be kept until there is a network.', {
    description: 'It is on the list of what is to be done, in the Outbox.',
  });
}
