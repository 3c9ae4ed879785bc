import { CommanderError } from 'commander';
import { createProgram, type Surroundings } from './program.ts';

const DONE = 0;
const FAILED = 1;
const NOT_UNDERSTOOD = 2;

/** Runs the command that stands on a command line. Settles with the exit code; what went wrong has been said by then. */
export async function runProgram(args: readonly string[], surroundings: Surroundings): Promise<number> {
  try {
    await createProgram(surroundings).parseAsync(args, { from: 'user' });
    return DONE;
  } catch (error) {
    // It has written its message, or its help, itself.
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : NOT_UNDERSTOOD;
    surroundings.output.note(error instanceof Error ? error.message : String(error));
    return FAILED;
  }
}
