import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import * as v from 'valibot';
import { isLoopback } from './config/loopback.ts';
import type { SizeLimits } from './cloud/size-watch.ts';
import type { CloudPlace } from './config/cloud-place.ts';
import { type SettingName, settingNames, settings, settingsSchema } from './config/settings.ts';

/** Everything the server is told from outside. */
export interface Config {
  host: string;
  /** 0 lets the system choose a free port. */
  port: number;
  /** Absolute path of the folder with the databases. */
  dataDir: string;
  /** Enables the endpoints that run any SQL and that empty a database. */
  dev: boolean;
  /** `none`: whoever reaches the server may do everything, and only this machine reaches it. */
  auth: 'none' | 'tokens';
  cloud: CloudPlace;
  /** To every moment of so many days ago one can go back in the copies. */
  cloudDays: number;
  /** From which size on a database is spoken of. */
  sizes: SizeLimits;
  /** The shop's, as in the IANA database: it says which day and year it is there. */
  timeZone: string;
  /** Undefined for Amazon's own. */
  s3Endpoint: string | undefined;
  /** Undefined where nobody collects spans. */
  tracesEndpoint: string | undefined;
  logLevel: LogLevel;
  /** Origins besides the server's own whose pages may use it, such as `https://shop.example`. */
  allowedOrigins: readonly string[];
  /** Addresses of proxies in front of the server, which say on whose behalf they ask. */
  proxies: readonly string[];
  limits: Limits;
  /** Absolute path of the built web app. */
  webRoot: string;
}

/** What anybody may take at most. The limits of frames and messages are part of the protocol. */
export interface Limits {
  bodyBytes: number;
  /** Until a request has arrived completely. */
  requestSeconds: number;
  /** Until a connection to `/sync` has said who it is. */
  handshakeSeconds: number;
  connectionsPerAddress: number;
  connectionsPerDatabase: number;
  /** Of one client. */
  changesPerSecond: number;
  /** Wrong tokens of one address within a minute. */
  failedAttempts: number;
  /** Open at a time. */
  openDatabases: number;
  /** A database that nobody has used for so long is closed. */
  idleMinutes: number;
}

const BYTES_PER_KB = 1024;

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** The configuration cannot be used; the message says which value and what would be right. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** Thrown for `--help`: not a failure, the text has to be printed and nothing started. */
export class HelpRequested extends Error {
  override readonly name = 'HelpRequested';
}

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
  const parsed = v.safeParse(settingsSchema, texts);
  if (!parsed.success) {
    const words = parsed.issues.map((issue) => {
      const name = settingNames.find((candidate) => candidate === issue.path?.[0].key);
      return name === undefined
        ? issue.message
        : `${given(name).source}=${given(name).text}: ${issue.message}`;
    });
    throw new ConfigError(words.join('\n'));
  }
  const { host, port, dataDir, dev, auth, cloud, cloudDays, s3Endpoint, ...others } = parsed.output;
  const {
    sizeInfoKb,
    sizeWarningKb,
    timeZone,
    tracesEndpoint,
    logLevel,
    allowedOrigins,
    proxies,
    ...limits
  } = others;
  if (auth === 'none' && !isLoopback(host)) {
    throw new ConfigError(
      `${given('host').source}=${host}: Without tokens the server is open to everyone who reaches it, so it only listens on this machine: use 127.0.0.1, ::1 or localhost, or start it with OCTAVO_AUTH=tokens.`,
    );
  }
  const webRoot = resolve(import.meta.dirname, '../../web/build');
  return {
    host,
    port,
    dataDir,
    dev,
    auth,
    cloud,
    cloudDays,
    sizes: { info: sizeInfoKb * BYTES_PER_KB, warning: sizeWarningKb * BYTES_PER_KB },
    timeZone,
    s3Endpoint,
    tracesEndpoint,
    logLevel,
    allowedOrigins,
    proxies,
    limits,
    webRoot,
  };
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
