// Finds a Chromium for the tests, or installs one.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { installWithApt } from './install-with-apt.ts';

const e2e = join(import.meta.dirname, '..', 'e2e');
const systemPaths = ['/usr/bin/chromium', '/usr/bin/chromium-browser'];
const SYSTEM_SHELL = '/usr/bin/chromium-headless-shell';
const DOWNLOAD_LIMIT_MS = 180_000;

/** The path of a whole Chromium. Tries, in this order: CHROME_PATH, the system's, Playwright's own, apt-get, Playwright's download. */
export async function findChromium(): Promise<string> {
  const given = process.env['CHROME_PATH'];
  if (given !== undefined && given !== '') {
    if (existsSync(given)) return given;
    throw new Error(`CHROME_PATH is ${given}, and there is no such file.`);
  }
  const installed = await installedChromium();
  if (installed !== undefined) return installed;

  process.stdout.write('No Chromium is here; installing one.\n');
  const attempts = [() => installWithApt('chromium'), downloadWithPlaywright];
  for (const attempt of attempts) {
    attempt();
    const now = await installedChromium();
    if (now !== undefined) return now;
  }
  throw new Error(
    'No Chromium was found, and none could be installed. Install one and set CHROME_PATH to it.',
  );
}

/**
 * The path of Chromium's headless shell: CHROME_SHELL_PATH, the system's, apt-get. Undefined where there is none, and none
 * could be installed, or where CHROME_PATH asks for a certain browser: then that one is used for everything.
 */
export function findHeadlessShell(): string | undefined {
  const given = process.env['CHROME_SHELL_PATH'];
  if (given !== undefined && given !== '') return given;
  const asked = process.env['CHROME_PATH'];
  if (asked !== undefined && asked !== '') return undefined;
  if (!existsSync(SYSTEM_SHELL)) installWithApt('chromium-headless-shell');
  return existsSync(SYSTEM_SHELL) ? SYSTEM_SHELL : undefined;
}

async function installedChromium(): Promise<string | undefined> {
  const own = await playwrightPath();
  return [...systemPaths, ...(own === undefined ? [] : [own])].find((path) => existsSync(path));
}

function playwrightModule(): string {
  return createRequire(join(e2e, 'package.json')).resolve('@playwright/test');
}

async function playwrightPath(): Promise<string | undefined> {
  const playwright: unknown = await import(playwrightModule());
  return hasChromium(playwright) ? playwright.chromium.executablePath() : undefined;
}

function hasChromium(module: unknown): module is { chromium: { executablePath(): string } } {
  return typeof module === 'object' && module !== null && 'chromium' in module;
}

function downloadWithPlaywright(): void {
  const cli = join(dirname(playwrightModule()), 'cli.js');
  // It may fail; what it left is looked at afterwards.
  spawnSync(process.execPath, [cli, 'install', 'chromium'], {
    stdio: 'inherit',
    timeout: DOWNLOAD_LIMIT_MS,
    env: { ...process.env, PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT: '10000' },
  });
}
