import { Writable } from 'node:stream';
import process from 'node:process';
import { createOutput } from '../src/cli/output.ts';
import { runProgram } from '../src/cli/run-program.ts';
import type { Ended } from './processes.ts';

/** What is written to it, as text. */
class Collector extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

/** Runs the command line in this process, where nobody sits at a terminal. What a process adds to it, `octavoProcess` shows. */
export async function octavo(args: readonly string[], { cwd = process.cwd() } = {}): Promise<Ended> {
  const [stdout, stderr] = [new Collector(), new Collector()];
  const code = await runProgram(args, {
    environment: {},
    folderOfPaths: cwd,
    output: createOutput(stdout, stderr),
    confirm: undefined,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}
