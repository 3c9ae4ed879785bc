import { toast } from 'svelte-sonner';
import type { ServerAnswer } from './server-list.ts';

/** Says what came of asking the server for something. */
export function showAnswer(answer: ServerAnswer, done: string): void {
  if (answer.ok) toast.success(done);
  else toast.error(answer.message);
}
