import type { Notice } from '@octavo/sync/state.ts';
import { toast } from 'svelte-sonner';
import { count } from '../format/text.ts';

/** What each kind of notice says. */
const words: { [Kind in Notice['kind']]: (notice: Extract<Notice, { kind: Kind }>) => string } = {
  'server-restored': ({ returned }) =>
    `The server was restored from an older copy: ${count(returned, 'change')} returned to it.`,
};

/** Tells the person what the engine wants them to know once. */
export function tell(notice: Notice): void {
  toast.info(words[notice.kind](notice));
}
