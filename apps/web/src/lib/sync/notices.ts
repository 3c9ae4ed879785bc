import type { Notice } from '@octavo/sync/state.ts';
import { toast } from 'svelte-sonner';
import { count } from '../format/text.ts';

/** Tells the person what the engine wants them to know once. */
export function tell(notice: Notice): void {
  toast.info(noticeWords(notice));
}

export function noticeWords(notice: Notice): string {
  switch (notice.kind) {
    case 'server-restored':
      return `The server was restored from an older copy: ${count(notice.returned, 'change')} returned to it.`;
    case 'overwritten':
      return notice.conflicts.length === 1
        ? 'An edit of yours was also made elsewhere; that one was kept.'
        : `${count(notice.conflicts.length, 'edit')} of yours were also made elsewhere; those were kept.`;
  }
}
