import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cors, { type FastifyCorsOptions } from '@fastify/cors';
import { ATTEMPT_HEADER } from '@octavo/shop/server-commands/wire.ts';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { FailedAttempts } from '../auth/failed-attempts.ts';
import type { Gatekeeper } from '../auth/gatekeeper.ts';
import type { SignInCodes } from '../auth/sign-in-codes.ts';
import type { TokenOrder, Tokens } from '../auth/tokens.ts';
import type { SizeWatch } from '../cloud/size-watch.ts';
import type { UploadCounts } from '../cloud/upload-counts.ts';
import type { CommandWatch } from '../commands/command-watch.ts';
import type { Config } from '../config.ts';
import type { CoverShelf } from '../covers/cover-shelf.ts';
import type { Databases } from '../databases/databases.ts';
import type { Metrics } from '../metrics/metrics.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import { ApiError } from './api-error.ts';
import { type Denied, judgeAccess } from './access.ts';
import { authorise, demandNeeds } from './authorise.ts';
import { answerBroken } from './broken-requests.ts';
import { addCloudRoutes, type Cloud } from './cloud-routes.ts';
import { addCommandRoutes } from './commands/command-routes.ts';
import { addCoverRoute } from './cover-route.ts';
import { addDatabaseRoutes } from './database-routes.ts';
import { toApiError } from './error-answers.ts';
import { addHealthRoute } from './health-route.ts';
import { parseJson } from './json-body.ts';
import { addMetricsRoute, measureRequests } from './metrics-route.ts';
import { addReplaceRoutes } from './replace-routes.ts';
import { addQuarantineRoutes } from './quarantine-routes.ts';
import { addSnapshotRoute } from './snapshot-route.ts';
import { addTokenRoutes } from './token-routes.ts';
import { addWebApp } from './web-app.ts';

/** A client that takes nothing of an answer for so long is gone. */
const IDLE_RESPONSE_MS = 120_000;
/** How often connections are looked at that have been sending a request for too long. */
const CHECK_CONNECTIONS_MS = 1_000;
/** Names of databases are checked by us, with a better answer than the router's "no such page". */
const MAX_PARAMETER_LENGTH = 1_000;

export interface HttpAppOptions {
  config: Config;
  databases: Databases;
  snapshots: Snapshots;
  /** Undefined where no copies are kept. */
  cloud: Cloud | undefined;
  covers: CoverShelf;
  commands: CommandWatch;
  sizes: SizeWatch;
  counts: UploadCounts;
  logger: Logger;
  /** Distinguishes this run of the server from any other. */
  instance: string;
  judge: Judge;
  access: AccessControl;
  metrics: Metrics;
}

/** Whether a request may come from where it comes from; `undefined` lets it pass. */
export type Judge = (request: IncomingMessage, guarded: boolean) => Denied | undefined;

/** Everything that decides who may do what. */
export interface AccessControl {
  gatekeeper: Gatekeeper;
  tokens: Tokens;
  codes: SignInCodes<TokenOrder>;
  attempts: FailedAttempts;
  clientAddress: (request: IncomingMessage) => string;
}

/** The HTTP side of the server, not yet listening. */
export async function createHttpApp(options: HttpAppOptions): Promise<FastifyInstance> {
  const { config, logger, judge, access } = options;
  const { limits } = config;
  const fastifyLogger: FastifyBaseLogger = logger;
  const app = Fastify({
    loggerInstance: fastifyLogger,
    // One line per request, at the level of debugging, is written below.
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    bodyLimit: limits.bodyBytes,
    requestTimeout: limits.requestSeconds * 1000,
    connectionTimeout: IDLE_RESPONSE_MS,
    http: {
      headersTimeout: limits.requestSeconds * 1000,
      connectionsCheckingInterval: CHECK_CONNECTIONS_MS,
    },
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    clientErrorHandler: (error, socket) => answerBroken(error, socket, options.metrics),
    // A path that cannot be decoded never reaches a route.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      sendError(reply, toApiError(error));
    },
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    parseJson(String(body), done);
  });

  // First: its headers belong to every answer, also to a refusal, and its files are for everybody.
  await addWebApp(app, options);
  measureRequests(app, options.metrics);
  app.decorateRequest('principal');
  app.addHook('onRequest', (request, reply, done) => {
    void reply.header('x-request-id', request.id);
    const { needs } = request.routeOptions.config;
    const guarded =
      (needs !== undefined && needs.to !== 'anybody') || !['GET', 'HEAD'].includes(request.method);
    const denied = judge(request.raw, guarded);
    if (denied === undefined) {
      done();
      return;
    }
    request.log.info({ error: denied.error, path: pathOf(request) }, 'request refused');
    done(new ApiError(403, denied.error, denied.message));
  });
  await app.register(cors, corsOptions(config.allowedOrigins));
  app.addHook('onRequest', (request) =>
    authorise(request, access.gatekeeper, access.clientAddress(request.raw)),
  );
  app.addHook('onResponse', (request, reply, done) => {
    const milliseconds = Math.round(reply.elapsedTime);
    request.log.debug(
      { method: request.method, path: pathOf(request), status: reply.statusCode, milliseconds },
      'answered',
    );
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = toApiError(error);
    if (answer.status >= 500)
      request.log.error({ err: error, method: request.method, path: pathOf(request) }, 'request failed');
    return sendError(reply, answer);
  });

  demandNeeds(app);
  addHealthRoute(app, options);
  addCloudRoutes(app, options);
  addDatabaseRoutes(app, options);
  await addCommandRoutes(app, options);
  addCoverRoute(app, options);
  addQuarantineRoutes(app, options);
  addReplaceRoutes(app, options);
  addSnapshotRoute(app, options);
  addTokenRoutes(app, access);
  addMetricsRoute(app, options.metrics);
  return app;
}

function sendError(reply: FastifyReply, answer: ApiError): FastifyReply {
  return reply.code(answer.status).headers(answer.headers).send(answer.toBody());
}

/** Without what follows a `?`, which may name anything. */
function pathOf({ url }: FastifyRequest): string {
  return url.split('?')[0] ?? '';
}

/** What pages of allowed origins may send and read. */
function corsOptions(origins: readonly string[]): FastifyCorsOptions {
  return {
    origin: [...origins],
    methods: ['GET', 'HEAD', 'POST', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'if-none-match', 'if-range', 'range', ATTEMPT_HEADER],
    exposedHeaders: [
      ...[
        'accept-ranges',
        'content-length',
        'content-range',
        'etag',
        'retry-after',
        'x-request-id',
        'x-sync-status',
      ],
      ...['db-version', 'lineage', 'sha256', 'schema-version', 'database-bytes', 'cells'].map(
        (name) => `octavo-${name}`,
      ),
    ],
    maxAge: 600,
  };
}

/** Judges requests for a server that listens on this port by now. */
export function createJudge(config: Config, port: () => number): Judge {
  const { host, allowedOrigins, auth } = config;
  return (request, guarded) => {
    const { headers, socket } = request;
    const fetchSite = headers['sec-fetch-site'];
    return judgeAccess(
      { host, port: port(), allowedOrigins, programsAnywhere: auth === 'tokens' },
      {
        host: headers.host,
        origin: headers.origin,
        fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
        remoteAddress: socket.remoteAddress,
        guarded,
      },
    );
  };
}
