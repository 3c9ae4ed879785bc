import { join } from 'node:path';
import process from 'node:process';
import { confirmOn } from './confirm.ts';
import { createOutput } from './output.ts';
import { runProgram } from './run-program.ts';

const projectRoot = join(import.meta.dirname, '../../../..');
// Whoever reads the result may have seen enough, as `head` does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});
process.exitCode = await runProgram(process.argv.slice(2), {
  environment: process.env,
  // npm runs its scripts in the project's folder and says where the person stood.
  folderOfPaths: (process.cwd() === projectRoot ? process.env['INIT_CWD'] : undefined) ?? process.cwd(),
  output: createOutput(process.stdout, process.stderr),
  confirm: confirmOn(process.stdin, process.stderr),
});
