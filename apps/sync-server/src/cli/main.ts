import { join } from 'node:path';
import process from 'node:process';
import { CommanderError } from 'commander';
import { confirmOn } from './confirm.ts';
import { createOutput } from './output.ts';
import { createProgram } from './program.ts';

const FAILED = 1;
const NOT_UNDERSTOOD = 2;

const projectRoot = join(import.meta.dirname, '../../../..');
// Whoever reads the result may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
const output = createOutput(process.stdout, process.stderr);
const program = createProgram({
  environment: process.env,
  // npm runs its scripts in the project's folder and says where the person stood.
  folderOfPaths: (process.cwd() === projectRoot ? process.env['INIT_CWD'] : undefined) ?? process.cwd(),
  output,
  confirm: confirmOn(process.stdin, process.stderr),
});

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has written its message, or its help, itself.
    process.exitCode = error.exitCode === 0 ? 0 : NOT_UNDERSTOOD;
  } else {
    output.note(error instanceof Error ? error.message : String(error));
    process.exitCode = FAILED;
  }
}
