import { execFileSync } from 'node:child_process';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import process from 'node:process';
import { chromium } from '@playwright/test';
import { chromiumOptions } from '@octavo/e2e/chromium.ts';

/** What the numbers depend on besides the code. */
export interface Machine {
  system: string;
  processor: string;
  cores: number;
  memoryMb: number;
  node: string;
  /** Null where no browser was measured. */
  chromium: string | null;
  /** The commit that was measured, with "+" when files differ from it; null outside of a repository. */
  commit: string | null;
}

export async function describeMachine({ browser }: { browser: boolean }): Promise<Machine> {
  return {
    system: `${type()} ${release()}`,
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryMb: Math.round(totalmem() / 1024 / 1024),
    node: process.version,
    chromium: browser ? await chromiumVersion() : null,
    commit: commit(),
  };
}

async function chromiumVersion(): Promise<string> {
  const browser = await chromium.launch(chromiumOptions());
  const version = browser.version();
  await browser.close();
  return version;
}

function commit(): string | null {
  try {
    const git = (...args: string[]) => execFileSync('git', args, { encoding: 'utf8', stdio: 'pipe' }).trim();
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain') === '' ? '' : '+');
  } catch (error) {
    // No git, or an archive of the sources: the numbers are as good.
    if (error instanceof Error) return null;
    throw error;
  }
}
