import { existsSync } from 'node:fs';
import process from 'node:process';

const SYSTEM_FIREFOX = ['/usr/bin/firefox-esr', '/usr/bin/firefox'];

/** The Firefox that was asked for, else the system's; undefined where there is none. */
export function firefoxPath(): string | undefined {
  const given = process.env['FIREFOX_PATH'];
  if (given !== undefined && given !== '') return given;
  return SYSTEM_FIREFOX.find((path) => existsSync(path));
}
