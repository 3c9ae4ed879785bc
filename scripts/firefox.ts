// Finds a Firefox for the tests, or installs one.
import { existsSync } from 'node:fs';
import process from 'node:process';
import { firefoxPath } from '../e2e/src/firefox.ts';
import { installWithApt } from './install-with-apt.ts';

/** The path of a Firefox: FIREFOX_PATH, the system's, apt-get. Undefined where there is none, and none could be installed. */
export function findFirefox(): string | undefined {
  if (firefoxPath() === undefined) {
    process.stdout.write('No Firefox is here; installing one.\n');
    installWithApt('firefox-esr');
  }
  const found = firefoxPath();
  if (found !== undefined && !existsSync(found))
    throw new Error(`FIREFOX_PATH is ${found}, and there is no such file.`);
  return found;
}
