import type { Notice } from '@octavo/sync/state.ts';
import { toast } from 'svelte-sonner';
import { count } from '../format/text.ts';

/** Tells the person what the engine wants them to know once. */
export function tell(notice: Notice): void {
  switch (notice.kind) {
    case 'server-restored':
      toast.info(
        `The server was restored from an older copy: ${count(notice.returned, 'change')} returned to it.`,
      );
      return;
    case 'overwritten':
      // Rare, and its words are long: nothing that a start has to wait for.
      void import('../decisions/tell-lost.ts').then(({ tellLost }) => tellLost(notice));
      return;
  }
}
