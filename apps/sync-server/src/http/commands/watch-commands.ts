import { isServerCommand } from '@octavo/shop/server-commands/registry.ts';
import { ATTEMPT_HEADER, type WireCommand } from '@octavo/shop/server-commands/wire.ts';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { resultOf } from '../../commands/command-record.ts';
import type { CommandWatch } from '../../commands/command-watch.ts';
import { isDatabaseName } from '../../databases/database-name.ts';
import { toApiError } from '../error-answers.ts';

type Named = Pick<WireCommand, 'id' | 'type'>;

/** Tells of every command that was sent to the routes of a scope, whatever came of it: also of what was none. */
export function watchCommands(scope: FastifyInstance, watch: CommandWatch) {
  const known = new WeakMap<FastifyRequest, Named>();

  const tell = (
    request: FastifyRequest,
    milliseconds: number,
    answer?: { status: number; error: string },
  ) => {
    const command = known.get(request);
    watch.tell({
      database: databaseOf(request),
      id: command?.id,
      type: command !== undefined && isServerCommand(command.type) ? command.type : 'unknown',
      outcome: answer === undefined ? 'done' : resultOf(answer),
      error: answer?.error,
      attempt: attemptOf(request),
      beganAt: Date.now() - milliseconds,
      milliseconds: Math.round(milliseconds),
    });
  };

  scope.addHook('onError', (request, reply, error, done) => {
    tell(request, reply.elapsedTime, toApiError(error));
    done();
  });

  return {
    /** It is known by now which command it is. */
    read: (request: FastifyRequest, command: Named): void => {
      known.set(request, command);
    },
    done: (request: FastifyRequest, milliseconds: number): void => tell(request, milliseconds),
  };
}

/** What is in the path need not be the name of one. */
function databaseOf({ params }: FastifyRequest): string {
  const name: unknown = typeof params === 'object' && params !== null ? Reflect.get(params, 'db') : undefined;
  return typeof name === 'string' && isDatabaseName(name) ? name : 'unknown';
}

function attemptOf({ headers }: FastifyRequest): number | undefined {
  const text = String(headers[ATTEMPT_HEADER] ?? '');
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}
