import type { FastifyInstance } from 'fastify';
import { commandRequest, type WireCommand } from '@octavo/shop/server-commands/wire.ts';
import { RunningCommands } from '../commands/running-commands.ts';
import { type CommandOutcome, isStored } from '../databases/server-commands.ts';
import { answerTo, toCommandError } from './command-answers.ts';
import { type DatabaseRequest, databaseOf, noStore, parse } from './database-routes.ts';
import type { HttpAppOptions } from './http-app.ts';

/** `POST /:db/commands`: what only the server may decide. */
export function addCommandRoutes(
  app: FastifyInstance,
  { config: { timeZone }, databases, cloud }: HttpAppOptions,
): void {
  const member = { config: { needs: { to: 'database', role: 'member' } } } as const;
  const running = new RunningCommands();
  const inProgress = { outcome: 'in-progress' } as const;

  app.post('/:db/commands', member, async (request: DatabaseRequest, reply) => {
    const name = databaseOf(request);
    const command = parse(commandRequest, request.body);
    const outcome = await running.only(name, command.id, () => run(name, command));
    if (outcome !== undefined && isStored(outcome)) await cloud?.copies.settled(name);
    return noStore(reply).send(answerTo(command.id, outcome ?? inProgress));
  });

  async function run(name: string, command: WireCommand): Promise<CommandOutcome> {
    try {
      return await databases.use(name, { create: false }, (remote) =>
        remote.runCommand(name, { ...command, timeZone }),
      );
    } catch (error) {
      throw toCommandError(error);
    }
  }
}
