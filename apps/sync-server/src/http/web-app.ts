import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { ApiError } from './api-error.ts';
import type { HttpAppOptions } from './http-app.ts';
import { inlineScriptHashes, securityHeaders } from './security-headers.ts';

/** SvelteKit names these files after their content: what such a name holds never changes. */
const IMMUTABLE_FOLDER = join('_app', 'immutable') + sep;

/**
 * Serves the built app: its files, and its `index.html` for every page address, since the app routes by itself. Until
 * it has been built, everything else works and its addresses say what to do.
 */
export async function addWebApp(app: FastifyInstance, { config, logger }: HttpAppOptions): Promise<void> {
  const { webRoot } = config;
  const built = existsSync(join(webRoot, 'index.html'));
  const index = built ? await readFile(join(webRoot, 'index.html'), 'utf8') : '';
  const headers = securityHeaders(inlineScriptHashes(index));

  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers);
    done();
  });
  if (built) {
    await app.register(fastifyStatic, {
      root: webRoot,
      cacheControl: false,
      setHeaders: (reply, path) => {
        const immutable = relative(webRoot, path).startsWith(IMMUTABLE_FOLDER);
        // Everything else is asked for anew each time, and answered "not modified": an app that updates by itself
        // must never run a page of one version with the service worker of another.
        void reply.header('cache-control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
      },
    });
  } else {
    logger.info({ webRoot }, 'the app has not been built; only its server runs');
  }
  app.setNotFoundHandler(async (request, reply) => {
    if (!isPageRequest(request)) {
      throw new ApiError(
        404,
        'not-found',
        `There is nothing at ${request.method} ${request.url.split('?')[0] ?? ''}.`,
      );
    }
    if (!built)
      throw new ApiError(
        404,
        'app-not-built',
        'The app has not been built. Stop this server and run "npm start".',
      );
    return reply.sendFile('index.html');
  });
}

/** Somebody opened an address of the app, not of a file. */
function isPageRequest({ method, url, headers }: FastifyRequest): boolean {
  const lastPart = url.split('?')[0]?.split('/').at(-1) ?? '';
  const wantsPage = headers.accept?.includes('text/html') ?? false;
  return (method === 'GET' || method === 'HEAD') && wantsPage && !lastPart.includes('.');
}
