import { existsSync } from 'node:fs';
import process from 'node:process';
import type { LaunchOptions } from '@playwright/test';

const SYSTEM_CHROMIUM = '/usr/bin/chromium';
const SYSTEM_SHELL = '/usr/bin/chromium-headless-shell';

/** How a whole browser is started, with everything that its user has: profiles, settings of sites, dialogs. */
export function chromiumOptions(): LaunchOptions {
  return { ...executable(asked('CHROME_PATH') ?? existing(SYSTEM_CHROMIUM)), args };
}

/**
 * The same engine without what is around it, which costs a sixth of the time: for contexts that are gone with the spec. The
 * whole browser where there is none, or where a certain one was asked for.
 */
export function headlessShellOptions(): LaunchOptions {
  const shell = asked('CHROME_SHELL_PATH') ?? asked('CHROME_PATH') ?? existing(SYSTEM_SHELL);
  return shell === undefined ? chromiumOptions() : { ...executable(shell), args };
}

const args = [
  // A browser that phones home makes a run on a closed network slow, and a measurement noisy.
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-quic',
  '--no-first-run',
  // Chromium's sandbox does not start for root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

function asked(variable: string): string | undefined {
  const path = process.env[variable];
  return path === '' ? undefined : path;
}

function existing(path: string): string | undefined {
  return existsSync(path) ? path : undefined;
}

/** Playwright falls back to its own. */
function executable(path: string | undefined): { executablePath?: string } {
  return path === undefined ? {} : { executablePath: path };
}
