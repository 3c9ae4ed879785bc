import { execFile } from 'node:child_process';
import process from 'node:process';
import { commandLineMain } from './paths.ts';

export interface CommandLineResult {
  exitCode: number;
  output: string;
  errors: string;
}

/** Runs the operator's command line, as `npm run octavo -- …` does, on a data folder. */
export function runOctavo(
  args: readonly string[],
  { dataDir }: { dataDir: string },
): Promise<CommandLineResult> {
  const { promise, resolve } = Promise.withResolvers<CommandLineResult>();
  execFile(
    process.execPath,
    [commandLineMain, ...args],
    { env: { ...process.env, NODE_OPTIONS: '', DATA_DIR: dataDir } },
    (error, output, errors) => {
      const exitCode = error === null ? 0 : typeof error.code === 'number' ? error.code : 1;
      resolve({ exitCode, output, errors });
    },
  );
  return promise;
}
