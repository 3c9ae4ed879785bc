import { once } from 'node:events';
import { createInterface } from 'node:readline/promises';

/** Asks a person whether to go on. */
export type Confirm = (question: string) => Promise<boolean>;

/** A stream that may be a terminal. */
interface MayBeTerminal {
  isTTY?: boolean;
}

/** Asks on a terminal; `undefined` where nobody sits at one. */
export function confirmOn(
  input: NodeJS.ReadableStream & MayBeTerminal,
  output: NodeJS.WritableStream & MayBeTerminal,
): Confirm | undefined {
  if (input.isTTY !== true || output.isTTY !== true) return undefined;
  return async (question) => {
    const lines = createInterface({ input, output });
    try {
      // The question alone would wait for ever for somebody who has closed the terminal.
      const left = once(lines, 'close').then(() => '');
      const answer = await Promise.race([lines.question(`${question} Type "yes": `), left]);
      return answer.trim().toLowerCase() === 'yes';
    } finally {
      lines.close();
    }
  };
}
