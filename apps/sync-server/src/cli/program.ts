import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { EVERY_DATABASE, isDatabasePattern } from '../auth/database-pattern.ts';
import { type Role, roles } from '../auth/roles.ts';
import { MAX_TOKEN_DAYS } from '../auth/token-order.ts';
import { DataFolder } from '../data-folder/data-folder.ts';
import { DEFAULT_DATABASE, databaseNameHelp, isDatabaseName } from '../databases/database-name.ts';
import { serverVersion } from '../version.ts';
import type { ObjectStore } from '../cloud/store/object-store.ts';
import { runBackup, runBackups } from './backup-commands.ts';
import { type Destination, readDestination } from './choose-backup.ts';
import { type CopyVersion, readCopyVersion, storeOf } from './cloud-source.ts';
import type { Confirm } from './confirm.ts';
import { runCheck, runList } from './database-commands.ts';
import { runImport } from './import-command.ts';
import type { Output } from './output.ts';
import { runRestore, runRewind } from './replace-commands.ts';
import { runVerify } from './verify-command.ts';
import { runTokenCreate, runTokenList, runTokenRevoke } from './token-commands.ts';

export interface Surroundings {
  environment: Readonly<Record<string, string | undefined>>;
  /** What paths on the command line are relative to. */
  folderOfPaths: string;
  output: Output;
  /** Asks whoever sits there; `undefined` where nobody does. */
  confirm: Confirm | undefined;
}

const everyDatabase = [EVERY_DATABASE];

const EXIT_CODES = `
Exit codes: 0 done, 1 could not be done or something is unsound, 2 the command was not understood.`;

const RESTORE_HELP = `
For disasters: a lost or damaged file. The copy has to be of the same lineage. The database keeps its lineage, so every
device finds out what the server has lost and returns it, also what came from others. The previous file is kept in the
data folder's trash. It says what will happen and asks first.
`;

const REWIND_HELP = `
For mistakes: a wrong import, a mass deletion. The database gets a new lineage; devices are told that it was taken back on
purpose, keep their own copy and choose what to bring back. The previous file is kept in the data folder's trash. It says
what will happen and asks first.
`;

interface RestoreFlags {
  yes: boolean;
  fromCloud: boolean;
  store: string;
}

interface RewindFlags {
  yes: boolean;
  at?: Destination | CopyVersion;
  store: string;
}

/** The operator's command line. Parsing it runs the command. */
export function createProgram({ environment, folderOfPaths, output, confirm }: Surroundings): Command {
  const program = new Command('octavo')
    .description('Works with the databases of an Octavo server: through it where it runs, else on the files.')
    .version(serverVersion)
    .option(
      '--data-dir <folder>',
      'folder of the databases (environment: DATA_DIR)',
      environment['DATA_DIR'] ?? './data',
    )
    .addHelpText('after', EXIT_CODES)
    .configureOutput({
      writeOut: (text) => output.result(withoutLineEnd(text)),
      writeErr: (text) => output.note(withoutLineEnd(text)),
    })
    .exitOverride();
  const givenFile = (given: string) => ({ given, absolute: resolve(folderOfPaths, given) });
  const folder = () => new DataFolder(resolve(program.opts<{ dataDir: string }>().dataDir));

  const placeOption = () =>
    new Option('--store <where>', 'where the copies are (environment: OCTAVO_CLOUD)').default(
      environment['OCTAVO_CLOUD'] ?? 'file',
    );
  const storeAt = (place: string): Promise<ObjectStore> => storeOf(folder(), place, environment);

  const database = program
    .command('db')
    .description('look at databases, keep copies of them, go back to a copy')
    .addHelpText('after', EXIT_CODES);
  database
    .command('list')
    .description('list the databases of the data folder')
    .addHelpText('after', EXIT_CODES)
    .action(() => runList(folder(), output));
  database
    .command('check')
    .description('read every page, index and version of a database and say whether it is sound')
    .argument('<name>', 'such as shop.sqlite3', databaseName)
    .addHelpText('after', EXIT_CODES)
    .action((name: string) => runCheck(folder(), name, output));
  database
    .command('backup')
    .description('copy a database while it is in use, read the copy back, and keep it')
    .argument('<name>', 'such as shop.sqlite3', databaseName)
    .option('--out <file>', 'where to; default: backups/<name>/<time>.sqlite3 in the data folder')
    .addHelpText('after', EXIT_CODES)
    .action((name: string, { out }: { out?: string }) =>
      runBackup(folder(), name, { out: out === undefined ? undefined : resolve(folderOfPaths, out), output }),
    );
  database
    .command('backups')
    .description('list the backups of a database: time, version, size, why it was made, file')
    .argument('<name>', 'such as shop.sqlite3', databaseName)
    .addHelpText('after', EXIT_CODES)
    .action((name: string) => runBackups(folder(), name, output));

  database
    .command('verify')
    .description('prove that a database could be restored from its copy, by doing so aside')
    .argument('<name>', 'such as shop.sqlite3', databaseName)
    .requiredOption('--cloud', 'from the copy in the cloud (of a file: db check)')
    .addOption(placeOption())
    .addHelpText('after', EXIT_CODES)
    .action(async (name: string, { store }: { store: string }) =>
      runVerify(folder(), name, { store: await storeAt(store), output }),
    );

  database
    .command('restore')
    .description('put an older copy of the same shop in place after a disaster; devices return what is newer')
    .argument('<name>', 'such as shop.sqlite3', databaseName)
    .argument('[file]', 'a backup: a path, or the name of one that "db backups" lists')
    .option(
      '--from-cloud',
      'from the copy in the cloud, with everything that any server has stored there',
      false,
    )
    .addOption(placeOption())
    .option('--yes', 'do not ask', false)
    .addHelpText('after', RESTORE_HELP + EXIT_CODES)
    .action(async (name: string, file: string | undefined, { yes, fromCloud, store }: RestoreFlags) => {
      if ((file === undefined) !== fromCloud)
        return program.error('error: name a file or --from-cloud, one of the two', { exitCode: 2 });
      const from = file === undefined ? { cloud: await storeAt(store) } : givenFile(file);
      return runRestore({ folder: folder(), name, yes, confirm, output }, from);
    });
  database
    .command('rewind')
    .description('take a database back to an older copy on purpose; devices are told, and return nothing')
    .argument('<name>', 'such as shop.sqlite3', databaseName)
    .argument('[file]', 'a backup: a path, or the name of one that "db backups" lists')
    .option(
      '--at <when>',
      'a time ("2026-11-12 14:00"): the copy in the cloud as it was then, else the newest backup up to it; a version of the copy (site:version); or the newest backup up to a version of the database',
      destination,
    )
    .addOption(placeOption())
    .option('--yes', 'do not ask', false)
    .addHelpText('after', REWIND_HELP + EXIT_CODES)
    .action((name: string, file: string | undefined, { at, yes, store }: RewindFlags) => {
      const to = at ?? (file === undefined ? undefined : givenFile(file));
      if (to === undefined || (at !== undefined && file !== undefined))
        return program.error('error: name a file or --at, one of the two', { exitCode: 2 });
      return runRewind({ folder: folder(), name, yes, confirm, output }, to, () => storeAt(store));
    });

  const token = program
    .command('token')
    .description('decide who may use the server (with OCTAVO_AUTH=tokens)')
    .addHelpText('after', EXIT_CODES);
  token
    .command('create')
    .description('make a token; it is printed once and stored nowhere')
    .argument('<name>', 'whom or what it is for, such as "till 2"')
    .addOption(
      new Option('--role <role>', 'what it may do: read, read and write, or look after the server')
        .choices(roles)
        .default('member'),
    )
    .option(
      '--db <pattern...>',
      'databases it is for; "*" stands for any characters',
      (pattern: string, before: string[]) =>
        before === everyDatabase ? [databasePattern(pattern)] : [...before, databasePattern(pattern)],
      everyDatabase,
    )
    .option('--days <number>', 'how long it is valid', days, 365)
    .action((name: string, { role, db, days }: { role: Role; db: string[]; days: number }) =>
      runTokenCreate(folder(), { name, role, databases: db, days }, output),
    );
  token
    .command('list')
    .description('list the tokens that were made: id, role, databases, validity, name')
    .action(() => runTokenList(folder(), output));
  token
    .command('revoke')
    .description('make a token void at once, also for connections that stand')
    .argument('<id>', 'as "token list" shows it')
    .action((id: string) => runTokenRevoke(folder(), id, output));

  program
    .command('import')
    .description('import a stock list; rows that cannot be taken are listed, everything else goes in')
    .argument('<file.csv>', 'the stock list, with a column of ISBNs')
    .option('--db <name>', 'database to import into', databaseName, DEFAULT_DATABASE)
    .option('--refused <out.csv>', 'write the rows that could not be taken into this file')
    .addHelpText('after', EXIT_CODES)
    .action((file: string, { db, refused }: { db: string; refused?: string }) =>
      runImport({
        folder: folder(),
        database: db,
        file: resolve(folderOfPaths, file),
        refusedFile: refused === undefined ? undefined : resolve(folderOfPaths, refused),
        output,
      }),
    );
  return program;
}

function withoutLineEnd(text: string): string {
  return text.replace(/\n$/, '');
}

function databaseName(text: string): string {
  if (isDatabaseName(text)) return text;
  throw new InvalidArgumentError(databaseNameHelp);
}

function databasePattern(text: string): string {
  if (isDatabasePattern(text)) return text;
  throw new InvalidArgumentError('A pattern has letters, digits, "-", "_", "." and "*".');
}

function destination(text: string): Destination | CopyVersion {
  const read = readCopyVersion(text) ?? readDestination(text);
  if (read !== undefined) return read;
  throw new InvalidArgumentError(
    'A time is written as 2026-11-12T14:00, a version as a number, one of the copy as site:version.',
  );
}

function days(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= MAX_TOKEN_DAYS) return number;
  throw new InvalidArgumentError(`It must be a number from 1 to ${MAX_TOKEN_DAYS}.`);
}
