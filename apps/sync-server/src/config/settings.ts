import { resolve } from 'node:path';
import proxyAddress from '@fastify/proxy-addr';
import * as v from 'valibot';
import { cloudPlaceHelp, parseCloudPlace } from './cloud-place.ts';
import { isTimeZone, machineTimeZone } from './time-zone.ts';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;

/** One setting: its environment variable, its flag of the same meaning, which wins, and what it may be. */
export interface Setting {
  variable: string;
  flag: string;
  description: string;
  initial: string;
  takesValue: boolean;
}

const setting = (variable: string, flag: string, initial: string, description: string): Setting => ({
  variable,
  flag,
  description,
  initial,
  takesValue: flag.includes('<'),
});

/** Everything that can be set from outside. `docs/operating.md` explains each. */
export const settings = {
  port: setting('PORT', '--port <number>', '8080', 'port to listen on; 0 for any free one'),
  host: setting(
    'HOST',
    '--host <name>',
    '127.0.0.1',
    'address to listen on; without tokens only a loopback address',
  ),
  dataDir: setting('DATA_DIR', '--data-dir <folder>', './data', 'folder of the databases'),
  dev: setting('OCTAVO_DEV', '--dev', '0', 'enable /:db/exec and /:db/reset'),
  auth: setting(
    'OCTAVO_AUTH',
    '--auth <kind>',
    'none',
    'who may connect: "none" (everyone on this machine) or "tokens"',
  ),
  cloud: setting(
    'OCTAVO_CLOUD',
    '--cloud <where>',
    'file',
    'where copies of the databases go: "file" (the folder cloud in the data folder), "file:<folder>", "s3://<bucket>/<prefix>" or "off"',
  ),
  cloudDays: setting(
    'OCTAVO_CLOUD_DAYS',
    '--cloud-days <number>',
    '30',
    'to every moment of so many days ago one can go back in the copies',
  ),
  sizeInfoKb: setting(
    'OCTAVO_SIZE_INFO_KB',
    '--size-info-kb <number>',
    '512',
    'a database that grows beyond it is noted in the log',
  ),
  sizeWarningKb: setting(
    'OCTAVO_SIZE_WARNING_KB',
    '--size-warning-kb <number>',
    '1024',
    'a database that grows beyond it is warned of in the log',
  ),
  timeZone: setting(
    'OCTAVO_TIME_ZONE',
    '--time-zone <name>',
    '',
    "the shop's time zone, such as Europe/Berlin; the machine's where none is given",
  ),
  s3Endpoint: setting(
    'OCTAVO_S3_ENDPOINT',
    '--s3-endpoint <url>',
    '',
    "another server than Amazon's that speaks S3",
  ),
  tracesEndpoint: setting(
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    '--otlp-endpoint <url>',
    '',
    'who collects spans of commands, by OTLP over HTTP',
  ),
  logLevel: setting('OCTAVO_LOG', '--log <level>', 'info', `one of ${logLevels.join(', ')}`),
  allowedOrigins: setting(
    'OCTAVO_ORIGINS',
    '--origins <list>',
    '',
    'other origins whose pages may use this server, separated by commas',
  ),
  proxies: setting(
    'OCTAVO_PROXIES',
    '--proxies <list>',
    '',
    'addresses of proxies in front, whose X-Forwarded-For is believed, separated by commas',
  ),
  bodyBytes: setting(
    'OCTAVO_MAX_BODY_BYTES',
    '--max-body-bytes <number>',
    '2097152',
    'largest body of a request',
  ),
  requestSeconds: setting(
    'OCTAVO_REQUEST_SECONDS',
    '--request-seconds <number>',
    '30',
    'a request that has not arrived completely by then is cut off',
  ),
  handshakeSeconds: setting(
    'OCTAVO_HANDSHAKE_SECONDS',
    '--handshake-seconds <number>',
    '5',
    'a connection to /sync that has not said who it is by then is closed',
  ),
  connectionsPerAddress: setting(
    'OCTAVO_CONNECTIONS_PER_ADDRESS',
    '--connections-per-address <number>',
    '1000',
    'open connections of one address at a time',
  ),
  connectionsPerDatabase: setting(
    'OCTAVO_CONNECTIONS_PER_DATABASE',
    '--connections-per-database <number>',
    '2000',
    'clients that sync with one database at a time',
  ),
  changesPerSecond: setting(
    'OCTAVO_CHANGES_PER_SECOND',
    '--changes-per-second <number>',
    '20000',
    'changes taken from one client; a faster one is slowed down',
  ),
  failedAttempts: setting(
    'OCTAVO_FAILED_ATTEMPTS',
    '--failed-attempts <number>',
    '20',
    'wrong tokens of one address within a minute before it has to wait',
  ),
  openDatabases: setting(
    'OCTAVO_OPEN_DATABASES',
    '--open-databases <number>',
    '50',
    'databases that are open at a time; the one unused for longest makes room',
  ),
  idleMinutes: setting(
    'OCTAVO_IDLE_MINUTES',
    '--idle-minutes <number>',
    '10',
    'a database that nobody has used for so long is closed',
  ),
} satisfies Record<string, Setting>;

export type SettingName = keyof typeof settings;
export const settingNames = Object.keys(settings) as SettingName[];

/** What each may be. */
export const settingsSchema = v.object({
  port: v.pipe(
    v.string(),
    v.regex(/^\d{1,5}$/, 'It must be a number from 0 to 65535.'),
    v.transform(Number),
    v.maxValue(65_535, 'It must be a number from 0 to 65535.'),
  ),
  host: v.pipe(v.string(), v.nonEmpty('It must name an address.')),
  dataDir: v.pipe(
    v.string(),
    v.nonEmpty('It must name a folder.'),
    v.transform((folder) => resolve(folder)),
  ),
  dev: v.pipe(
    v.picklist(['0', '1'], 'It must be 1 (on) or 0 (off).'),
    v.transform((text) => text === '1'),
  ),
  auth: v.picklist(['none', 'tokens'], 'It must be "none" or "tokens".'),
  cloud: v.pipe(
    v.string(),
    v.rawTransform(({ dataset, addIssue, NEVER }) => {
      const place = parseCloudPlace(dataset.value);
      if (place !== undefined) return place;
      addIssue({ message: cloudPlaceHelp });
      return NEVER;
    }),
  ),
  cloudDays: count(1, 36_500),
  sizeInfoKb: count(1, 999_999_999),
  sizeWarningKb: count(1, 999_999_999),
  timeZone: v.pipe(
    v.string(),
    v.transform((name) => (name === '' ? machineTimeZone() : name)),
    v.check((name) => isTimeZone(name), 'It must be a time zone such as Europe/Berlin or UTC.'),
  ),
  s3Endpoint: optionalUrl('It must be a URL such as https://s3.example.com.'),
  tracesEndpoint: optionalUrl('It must be a URL such as http://127.0.0.1:4318.'),
  logLevel: v.picklist(logLevels, `It must be one of ${logLevels.join(', ')}.`),
  allowedOrigins: list(
    v.check(isOrigin, 'Each must be an origin such as https://shop.example, with no path behind it.'),
  ),
  proxies: list(
    v.check(
      isProxyAddress,
      'Each must be an address or a range such as 127.0.0.1, 10.0.0.0/8 or "loopback".',
    ),
  ),
  bodyBytes: count(1024, 64 * 1024 * 1024),
  requestSeconds: count(1, 600),
  handshakeSeconds: count(1, 60),
  connectionsPerAddress: count(1, 1_000_000),
  connectionsPerDatabase: count(1, 1_000_000),
  changesPerSecond: count(200, 10_000_000),
  failedAttempts: count(1, 1_000_000),
  openDatabases: count(1, 10_000),
  idleMinutes: count(1, 1_000_000),
});

function optionalUrl(words: string) {
  return v.union([
    v.pipe(
      v.literal(''),
      v.transform(() => undefined),
    ),
    v.pipe(v.string(), v.url(words)),
  ]);
}

function count(least: number, most: number) {
  const words = `It must be a number from ${least} to ${most}.`;
  return v.pipe(
    v.string(),
    v.regex(/^\d{1,9}$/, words),
    v.transform(Number),
    v.minValue(least, words),
    v.maxValue(most, words),
  );
}

function list(check: v.CheckAction<string, string>) {
  return v.pipe(
    v.string(),
    v.transform((text) => text.split(',').map((part) => part.trim())),
    v.transform((parts) => parts.filter((part) => part !== '')),
    v.array(v.pipe(v.string(), check)),
  );
}

function isOrigin(text: string): boolean {
  return URL.canParse(text) && new URL(text).origin === text;
}

function isProxyAddress(text: string): boolean {
  try {
    proxyAddress.compile(text);
    return true;
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) return false;
    throw error;
  }
}
