import type { IncomingMessage } from 'node:http';
import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from 'fastify';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import type { Databases } from '../databases/databases.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import { ApiError } from './api-error.ts';
import { type Denied, judgeAccess } from './access.ts';
import { addDatabaseRoutes } from './database-routes.ts';
import { toApiError } from './error-answers.ts';
import { addHealthRoute } from './health-route.ts';
import { addQuarantineRoutes } from './quarantine-routes.ts';
import { addSnapshotRoute } from './snapshot-route.ts';
import { addWebApp } from './web-app.ts';

/** Parsing a body happens on the main thread: this much takes a few milliseconds. */
const BODY_LIMIT_BYTES = 2 * 1024 * 1024;
/** Names of databases are checked by us, with a better answer than the router's "no such page". */
const MAX_PARAMETER_LENGTH = 1_000;

export interface HttpAppOptions {
  config: Config;
  databases: Databases;
  snapshots: Snapshots;
  logger: Logger;
  /** Distinguishes this run of the server from any other. */
  instance: string;
  judge: (request: IncomingMessage) => Denied | undefined;
}

/** The HTTP side of the server, not yet listening. */
export async function createHttpApp(options: HttpAppOptions): Promise<FastifyInstance> {
  const { logger, judge } = options;
  const fastifyLogger: FastifyBaseLogger = logger;
  const app = Fastify({
    loggerInstance: fastifyLogger,
    // One line per request, at the level of debugging, is written below.
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // A path that cannot be decoded never reaches a route.
    frameworkErrors: (error, _request, reply: FastifyReply) => {
      const answer = toApiError(error);
      void reply.code(answer.status).send(answer.toBody());
    },
  });

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    if (body === '') {
      done(null, undefined);
      return;
    }
    try {
      done(null, JSON.parse(String(body)));
    } catch (cause) {
      done(
        new ApiError(
          400,
          'malformed-json',
          `The body is not JSON: ${cause instanceof Error ? cause.message : ''}`,
        ),
      );
    }
  });

  app.addHook('onRequest', (request, _reply, done) => {
    const denied = judge(request.raw);
    if (denied === undefined) {
      done();
      return;
    }
    logger.info({ ...denied, url: request.url }, 'request refused');
    done(new ApiError(403, denied.error, denied.message));
  });
  app.addHook('onResponse', (request, reply, done) => {
    const { method, url } = request;
    logger.debug(
      { method, url, status: reply.statusCode, milliseconds: Math.round(reply.elapsedTime) },
      'answered',
    );
    done();
  });
  app.setErrorHandler((error, request, reply) => {
    const answer = toApiError(error);
    if (answer.status >= 500)
      logger.error({ err: error, method: request.method, url: request.url }, 'request failed');
    return reply.code(answer.status).send(answer.toBody());
  });

  addHealthRoute(app, options);
  addDatabaseRoutes(app, options);
  addQuarantineRoutes(app, options);
  addSnapshotRoute(app, options);
  await addWebApp(app, options);
  return app;
}

/** Judges requests for a server that listens on this port by now. */
export function createJudge(config: Config, port: () => number): HttpAppOptions['judge'] {
  return (request) => {
    const { headers, method = 'GET', socket } = request;
    const fetchSite = headers['sec-fetch-site'];
    return judgeAccess(
      { host: config.host, port: port(), allowedOrigins: config.allowedOrigins },
      {
        host: headers.host,
        origin: headers.origin,
        fetchSite: typeof fetchSite === 'string' ? fetchSite : undefined,
        remoteAddress: socket.remoteAddress,
        changes: headers.upgrade !== undefined || !['GET', 'HEAD'].includes(method),
      },
    );
  };
}
