import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { FastifyInstance } from 'fastify';
import { may } from '../auth/principal.ts';
import { failureOf } from '../cloud/copy-state.ts';
import type { Check } from '../databases/host-interface.ts';
import { serverVersion } from '../version.ts';
import type { Cloud } from './cloud-routes.ts';
import type { HttpAppOptions } from './http-app.ts';

/** A thread that does not answer for so long is busy beyond what a user would wait for. */
const THREAD_DEADLINE_MS = 5_000;

/** `GET /health`: 200 or 503 with the checks made. Never opens a database. */
export function addHealthRoute(app: FastifyInstance, { databases, instance, cloud }: HttpAppOptions): void {
  app.get('/health', { config: { needs: { to: 'anybody' } } }, async (request, reply) => {
    // Which shops there are is nobody else's business.
    const mayKnowNames = may(request.principal, { to: 'server', role: 'reader' });
    const checks = [
      await check('data folder', 'readable and writable', () =>
        access(databases.folder.path, constants.R_OK | constants.W_OK),
      ),
      await check('database threads', 'answering', () => databases.ping(THREAD_DEADLINE_MS)),
      ...inService(databases.outOfService, mayKnowNames),
      ...writable(databases.notWritable, mayKnowNames),
      copied(cloud, mayKnowNames),
    ];
    const ok = checks.every((one) => one.ok);
    const names = mayKnowNames ? { openDatabases: databases.open } : {};
    return reply
      .code(ok ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({ ok, checks, serverVersion, instance, ...names });
  });
}

/** What is the matter with each database that is not served; that there are any, for everybody. */
function inService(outOfService: ReadonlyMap<string, string>, mayKnowNames: boolean): Check[] {
  const count = outOfService.size;
  if (count === 0) return [{ name: 'databases', ok: true, detail: 'none is out of service' }];
  if (!mayKnowNames) return [{ name: 'databases', ok: false, detail: `${count} out of service` }];
  return [...outOfService].map(([name, detail]) => ({ name: `database ${name}`, ok: false, detail }));
}

/** How the copies are. A store that is away is no reason to start the server anew, or to send its clients elsewhere. */
function copied(cloud: Cloud | undefined, mayKnowNames: boolean): Check {
  const check = { name: 'copies', ok: true };
  if (cloud === undefined) return { ...check, detail: 'none are kept' };
  const failing = [...cloud.copies.states].flatMap(([name, state]) => {
    const failure = failureOf(state);
    return failure === undefined ? [] : [mayKnowNames ? `${name} (${failure})` : failure];
  });
  const detail = failing.length === 0 ? 'none fails' : `FAILING: ${failing.join(', ')}`;
  return { ...check, detail };
}

/** The same for those that are served and cannot take changes. */
function writable(notWritable: ReadonlyMap<string, string>, mayKnowNames: boolean): Check[] {
  const count = notWritable.size;
  if (count > 0 && !mayKnowNames)
    return [{ name: 'changes', ok: false, detail: `${count} databases cannot take changes` }];
  return [...notWritable].map(([name, why]) => ({ name: `changes to ${name}`, ok: false, detail: why }));
}

async function check(name: string, good: string, look: () => Promise<unknown>): Promise<Check> {
  try {
    await look();
    return { name, ok: true, detail: good };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
