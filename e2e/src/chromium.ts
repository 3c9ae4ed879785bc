import { existsSync } from 'node:fs';
import process from 'node:process';
import type { LaunchOptions } from '@playwright/test';

const SYSTEM_CHROMIUM = '/usr/bin/chromium';

/** How every browser of the specs and of the benchmark is started. */
export function chromiumOptions(): LaunchOptions {
  return {
    ...executable(),
    args: [
      // A browser that phones home makes a run on a closed network slow, and a measurement noisy.
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--disable-quic',
      '--no-first-run',
      // Chromium's sandbox does not start for root.
      ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
    ],
  };
}

/** The browser that was asked for, else the system's; Playwright falls back to its own. */
function executable(): { executablePath?: string } {
  const given = process.env['CHROME_PATH'];
  if (given !== undefined && given !== '') return { executablePath: given };
  return existsSync(SYSTEM_CHROMIUM) ? { executablePath: SYSTEM_CHROMIUM } : {};
}
