import type { FastifyInstance } from 'fastify';
import type { Metrics } from '../metrics/metrics.ts';

/** `GET /metrics`, and what is measured of requests. Whoever may read all databases may know how they are. */
export function addMetricsRoute(app: FastifyInstance, metrics: Metrics): void {
  app.get('/metrics', { config: { needs: { to: 'server', role: 'reader' } } }, async (_request, reply) => {
    const { type, text } = await metrics.collect();
    return reply.header('cache-control', 'no-store').header('content-type', type).send(text);
  });
}

/** Counts every answer. */
export function measureRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', (request, { statusCode, elapsedTime }, done) => {
    // The pattern of the route, never its address: that may be anything.
    metrics.requestAnswered(request.routeOptions.url ?? 'none', statusCode, elapsedTime);
    if (statusCode === 413) metrics.limited('body');
    if (statusCode === 429) metrics.limited('failed-attempts');
    done();
  });
}
