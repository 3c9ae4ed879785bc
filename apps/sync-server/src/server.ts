import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { schema } from '@octavo/shop/schema.ts';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { FailedAttempts } from './auth/failed-attempts.ts';
import { Gatekeeper } from './auth/gatekeeper.ts';
import { SignInCodes } from './auth/sign-in-codes.ts';
import { firstAdmin } from './auth/token-order.ts';
import { type TokenOrder, Tokens } from './auth/tokens.ts';
import { CommandWatch } from './commands/command-watch.ts';
import type { Config } from './config.ts';
import { Apart } from './cloud/apart.ts';
import { CloudChecks } from './cloud/cloud-checks.ts';
import { CloudCopies } from './cloud/cloud-copies.ts';
import { toReport } from './cloud/copy-state.ts';
import { SizeWatch } from './cloud/size-watch.ts';
import { UploadCounts } from './cloud/upload-counts.ts';
import { restoreMissing } from './cloud/restore-missing.ts';
import { DirectoryStore } from './cloud/store/directory-store.ts';
import { openStore } from './cloud/store/open-store.ts';
import { CoverShelf } from './covers/cover-shelf.ts';
import { DataFolder } from './data-folder/data-folder.ts';
import { lockFolder } from './data-folder/folder-lock.ts';
import { removeServerNote, writeServerNote } from './data-folder/server-note.ts';
import { DEFAULT_DATABASE } from './databases/database-name.ts';
import { Databases } from './databases/databases.ts';
import { createClientAddress, createIsProxy } from './http/client-address.ts';
import { type AccessControl, createHttpApp, createJudge } from './http/http-app.ts';
import { Counter } from './limits/counter.ts';
import { limitConnections } from './limits/limit-connections.ts';
import { Metrics } from './metrics/metrics.ts';
import { Snapshots } from './snapshots/snapshots.ts';
import { openCommandTraces } from './telemetry/command-traces.ts';
import { SyncEndpoint } from './sync/sync-endpoint.ts';

/** Requests that have not been answered this long after the server began to stop are cut off. */
const REQUEST_GRACE_MS = 2_000;

/** An upload that has not ended by then is given up; the next start finds what is not copied. */
const UPLOAD_GRACE_MS = 2_000;

const OPERATOR_KEY_BYTES = 32;
const DAY_MS = 24 * 60 * 60_000;

/** Who holds the files, in words. */
const OWNER = 'the Octavo server';

export interface RunningServer extends AsyncDisposable {
  /** Where the app is, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** Signs in whoever opens it first, soon, as the first to look after this server; only where nobody does yet. */
  readonly signInUrl: string | undefined;
  /** Tells every client, answers what is being asked, closes every file. Calling it again waits for the same end. */
  close(): Promise<void>;
}

/**
 * Starts a server. It owns the data folder until it is closed.
 * @throws FolderInUseError, SecretError, TokenBookError, SqliteError, or the system's error when the address cannot be listened on.
 */
export async function startServer(config: Config, { logger }: { logger: Logger }): Promise<RunningServer> {
  const { limits } = config;
  await mkdir(config.dataDir, { recursive: true });
  const folder = new DataFolder(config.dataDir);
  await using undo = new AsyncDisposableStack();
  undo.defer(lockFolder(folder.path, OWNER));
  await folder.prepare();

  const region = process.env['AWS_REGION'] ?? 'us-east-1';
  const store = await openStore(config.cloud, {
    dataDir: config.dataDir,
    s3Endpoint: config.s3Endpoint,
    region,
  });
  const missed =
    store && (await restoreMissing({ folder, store, owner: OWNER, logger, now: () => new Date() }));

  const metrics = new Metrics();
  const counts = new UploadCounts(Date.now);
  const sizes = new SizeWatch({ folder, limits: config.sizes, counts, logger });
  const databases: Databases = new Databases({
    ...{ folder, owner: OWNER, logger, missed },
    observer: {
      databaseOpened: (name) => {
        metrics.databaseOpened();
        sizes.look(name);
        if (copies === undefined) databases.tellCloud(name, toReport(undefined));
        else void copies.look(name);
      },
      databaseClosed: (cause) => metrics.databaseClosed(cause),
      databaseWritten: (name) => {
        sizes.look(name);
        copies?.wrote(name);
      },
    },
    openAtMost: limits.openDatabases,
    idleMs: limits.idleMinutes * 60_000,
  });
  undo.defer(() => databases.close('restarting'));
  const apart = undo.use(new Apart());
  const copies =
    store &&
    new CloudCopies({
      ...{ databases, store, apart, owner: OWNER, logger },
      keptMs: config.cloudDays * DAY_MS,
      wall: Date.now,
      onUploaded: (database, upload) => {
        metrics.uploaded(database, upload);
        counts.count(database, upload);
      },
    });
  undo.defer(() => copies?.idle(UPLOAD_GRACE_MS));
  await databases.migrateAll(schema.version);
  if (!folder.has(DEFAULT_DATABASE) && !databases.outOfService.has(DEFAULT_DATABASE))
    await databases.use(DEFAULT_DATABASE, { create: true }, (remote) => remote.ping());
  // Also what nobody asks for may not be copied yet.
  if (copies !== undefined) for (const { name } of await folder.list()) await copies.look(name);

  const snapshots = new Snapshots({ databases, logger });
  undo.defer(() => snapshots.close());
  const checks =
    store &&
    copies &&
    undo.use(new CloudChecks({ databases, snapshots, copies, store, apart, owner: OWNER, logger }));

  const { tracesEndpoint } = config;
  const traces =
    tracesEndpoint === undefined ? undefined : undo.use(await openCommandTraces(tracesEndpoint, logger));
  const instance = randomUUID();
  const operatorKey = randomBytes(OPERATOR_KEY_BYTES).toString('base64url');
  const tokens = await Tokens.load(folder.path);
  const attempts = new FailedAttempts(limits.failedAttempts);
  const access: AccessControl = {
    gatekeeper: new Gatekeeper({ auth: config.auth, tokens, operatorKey, attempts, logger }),
    tokens,
    codes: new SignInCodes<TokenOrder>(),
    attempts,
    clientAddress: createClientAddress(config.proxies),
  };
  const judge = createJudge(config, () => portOf(app));
  const app = await createHttpApp({
    config,
    databases,
    snapshots,
    cloud: copies && checks && { copies, checks },
    covers: new CoverShelf(store ?? new DirectoryStore(folder.coversPath)),
    commands: new CommandWatch({ logger, metrics, traces }),
    sizes,
    counts,
    logger,
    instance,
    judge,
    access,
    metrics,
  });
  undo.defer(() => closeHttp(app));
  const addresses = new Counter(limits.connectionsPerAddress);
  limitConnections(app.server, { addresses, isProxy: createIsProxy(config.proxies), metrics });
  const endpoint = new SyncEndpoint({ databases, access, limits, addresses, metrics, logger, judge });
  metrics.watch({
    connections: () => endpoint.size,
    openDatabases: () => databases.open.length,
    sessions: () => endpoint.states(),
    databaseBytes: async () => new Map((await folder.list()).map(({ name, bytes }) => [name, bytes])),
    quarantined: () => databases.countQuarantined(),
    outOfService: () => databases.outOfService.keys(),
    notWritable: () => databases.notWritable.keys(),
    copies: () => copies?.states ?? new Map(),
    copiesFailing: () => copies?.failing ?? [],
    sizeLevels: () => sizes.levels,
  });
  endpoint.listenTo(app.server);
  undo.defer(() => endpoint.close());
  // The engine's own farewell goes first: a connection that the endpoint has to close has no session yet.
  undo.defer(() => databases.disconnect('restarting'));

  await app.listen({ host: config.host, port: config.port });
  const url = `http://${config.host.includes(':') ? `[${config.host}]` : config.host}:${portOf(app)}`;
  await writeServerNote(folder.path, { url, pid: process.pid, instance, operatorKey });
  undo.defer(() => removeServerNote(folder.path));
  logger.info({ url, dataDir: folder.path }, 'server started');

  const signInUrl =
    config.auth === 'tokens' && !tokens.hasAdmin
      ? `${url}/#code=${access.codes.issue(firstAdmin(Date.now()))}`
      : undefined;
  const resources = undo.move();
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= resources.disposeAsync());
  return { url, signInUrl, close, [Symbol.asyncDispose]: close };
}

function portOf(app: FastifyInstance): number {
  // A server that listens on TCP has such an address.
  return (app.server.address() as AddressInfo | null)?.port ?? 0;
}

async function closeHttp(app: FastifyInstance): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), REQUEST_GRACE_MS);
  await app.close();
  clearTimeout(cutOff);
}
