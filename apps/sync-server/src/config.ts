import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import * as v from 'valibot';

/** Everything the server is told from outside. */
export interface Config {
  host: string;
  /** 0 lets the system choose a free port. */
  port: number;
  /** Absolute path of the folder with the databases. */
  dataDir: string;
  /** Enables the endpoints that run any SQL and that empty a database. */
  dev: boolean;
  auth: 'none';
  cloud: 'off';
  logLevel: LogLevel;
  /** Origins besides the server's own whose pages may use it, such as `https://shop.example`. */
  allowedOrigins: readonly string[];
  /** Absolute path of the built web app. */
  webRoot: string;
}

const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** The configuration cannot be used; the message says which value and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Thrown for `--help`: not a failure, the text has to be printed and nothing started. */
export class HelpRequested extends Error {
  override readonly name = 'HelpRequested';
}

/** One setting: its environment variable, its flag of the same meaning, which wins, and what it may be. */
interface Setting {
  variable: string;
  flag: string;
  description: string;
  initial: string;
  takesValue: boolean;
}

const settings = {
  port: {
    variable: 'PORT',
    flag: '--port <number>',
    description: 'port to listen on; 0 for any free one',
    initial: '8080',
    takesValue: true,
  },
  host: {
    variable: 'HOST',
    flag: '--host <name>',
    description: 'address to listen on; without tokens only a loopback address',
    initial: '127.0.0.1',
    takesValue: true,
  },
  dataDir: {
    variable: 'DATA_DIR',
    flag: '--data-dir <folder>',
    description: 'folder of the databases',
    initial: './data',
    takesValue: true,
  },
  dev: {
    variable: 'OCTAVO_DEV',
    flag: '--dev',
    description: 'enable /:db/exec and /:db/reset',
    initial: '0',
    takesValue: false,
  },
  auth: {
    variable: 'OCTAVO_AUTH',
    flag: '--auth <kind>',
    description: 'who may connect: "none" (everyone on this machine)',
    initial: 'none',
    takesValue: true,
  },
  cloud: {
    variable: 'OCTAVO_CLOUD',
    flag: '--cloud <where>',
    description: 'where copies of the databases go: "off"',
    initial: 'off',
    takesValue: true,
  },
  logLevel: {
    variable: 'OCTAVO_LOG',
    flag: '--log <level>',
    description: `one of ${logLevels.join(', ')}`,
    initial: 'info',
    takesValue: true,
  },
  allowedOrigins: {
    variable: 'OCTAVO_ORIGINS',
    flag: '--origins <list>',
    description: 'other origins whose pages may use this server, separated by commas',
    initial: '',
    takesValue: true,
  },
} satisfies Record<string, Setting>;

type SettingName = keyof typeof settings;
const settingNames = Object.keys(settings) as SettingName[];

const schema = v.object({
  port: v.pipe(
    v.string(),
    v.regex(/^\d{1,5}$/, 'It must be a number from 0 to 65535.'),
    v.transform(Number),
    v.maxValue(65_535, 'It must be a number from 0 to 65535.'),
  ),
  host: v.pipe(
    v.string(),
    v.check(
      isLoopback,
      'Without tokens the server is open to everyone who reaches it, so it only listens on this machine: use 127.0.0.1, ::1 or localhost.',
    ),
  ),
  dataDir: v.pipe(
    v.string(),
    v.nonEmpty('It must name a folder.'),
    v.transform((folder) => resolve(folder)),
  ),
  dev: v.pipe(
    v.picklist(['0', '1'], 'It must be 1 (on) or 0 (off).'),
    v.transform((text) => text === '1'),
  ),
  auth: v.literal('none', 'This version supports only "none".'),
  cloud: v.literal('off', 'This version supports only "off".'),
  logLevel: v.picklist(logLevels, `It must be one of ${logLevels.join(', ')}.`),
  allowedOrigins: v.pipe(
    v.string(),
    v.transform((text) => text.split(',').map((part) => part.trim())),
    v.transform((parts) => parts.filter((part) => part !== '')),
    v.array(
      v.pipe(
        v.string(),
        v.check(isOrigin, 'Each must be an origin such as https://shop.example, with no path behind it.'),
      ),
    ),
  ),
});

/** Where a setting's value came from, for the message when it is wrong. */
interface Given {
  text: string;
  source: string;
}

/**
 * Reads the configuration from environment variables and command-line flags; a flag wins.
 * @throws ConfigError on an unknown flag or a value that is not understood, HelpRequested for `--help`.
 */
export function readConfig(
  environment: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
): Config {
  const fromFlags = readFlags(flags);
  const given = (name: SettingName): Given => {
    const { variable, flag, initial } = settings[name];
    const flagText = fromFlags[name];
    if (flagText !== undefined) return { text: flagText, source: flag.split(' ')[0] ?? flag };
    return { text: environment[variable] ?? initial, source: variable };
  };
  const texts = Object.fromEntries(settingNames.map((name) => [name, given(name).text]));
  const parsed = v.safeParse(schema, texts);
  if (!parsed.success) {
    const words = parsed.issues.map((issue) => {
      const name = settingNames.find((candidate) => candidate === issue.path?.[0].key);
      return name === undefined
        ? issue.message
        : `${given(name).source}=${given(name).text}: ${issue.message}`;
    });
    throw new ConfigError(words.join('\n'));
  }
  return { ...parsed.output, webRoot: resolve(import.meta.dirname, '../../web/build') };
}

function readFlags(flags: readonly string[]): Partial<Record<SettingName, string>> {
  const command = new Command('octavo-sync-server')
    .description('Serves the Octavo app and synchronises its databases.')
    .exitOverride()
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined })
    .allowExcessArguments(false);
  for (const name of settingNames) {
    const { flag, description, variable, initial } = settings[name];
    const byDefault = initial === '' ? '' : `, otherwise ${initial}`;
    command.option(flag, `${description} (environment: ${variable}${byDefault})`);
  }
  try {
    command.parse(flags, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') throw new HelpRequested(command.helpInformation());
    throw new ConfigError(`${error.message.replace(/^error: /, '')} (--help lists what there is)`);
  }
  const options: Record<string, unknown> = command.opts();
  const byName: Partial<Record<SettingName, string>> = {};
  for (const name of settingNames) {
    const option = command.options.find(({ flags: known }) => known === settings[name].flag);
    const value = option === undefined ? undefined : options[option.attributeName()];
    if (typeof value === 'string') byName[name] = value;
    else if (value === true) byName[name] = '1';
  }
  return byName;
}

/** Whether an address can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host);
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}
