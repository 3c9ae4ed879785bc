import { createInterface } from 'node:readline/promises';

/** Asks a person whether to go on. */
export type Confirm = (question: string) => Promise<boolean>;

/** Asks on a terminal; `undefined` where nobody sits at one. */
export function confirmOn(input: NodeJS.ReadStream, output: NodeJS.WriteStream): Confirm | undefined {
  if (!input.isTTY || !output.isTTY) return undefined;
  return async (question) => {
    const lines = createInterface({ input, output });
    try {
      return (await lines.question(`${question} Type "yes": `)).trim().toLowerCase() === 'yes';
    } finally {
      lines.close();
    }
  };
}
