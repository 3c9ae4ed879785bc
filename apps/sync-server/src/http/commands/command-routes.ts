import { COVER_UPLOAD, commandRequest, type WireCommand } from '@octavo/shop/server-commands/wire.ts';
import type { FastifyInstance } from 'fastify';
import { RunningCommands } from '../../commands/running-commands.ts';
import { CoverUploads } from '../../covers/cover-uploads.ts';
import { decodeCover, type SentCover } from '../../covers/decode-cover.ts';
import { type CommandOutcome, isStored } from '../../databases/server-commands.ts';
import { ApiError } from '../api-error.ts';
import { answerTo, toCommandError } from './command-answers.ts';
import { LargeBody, MOST_BYTES_READ, readCommandBodies } from './command-body.ts';
import { type DatabaseRequest, databaseOf, noStore, parse } from '../database-routes.ts';
import type { HttpAppOptions } from '../http-app.ts';
import { LargeCommands } from './large-commands.ts';
import { watchCommands } from './watch-commands.ts';

/** `POST /:db/commands`: what only the server may decide. */
export async function addCommandRoutes(app: FastifyInstance, options: HttpAppOptions): Promise<void> {
  await app.register((scope, _none, done) => {
    readCommandBodies(scope);
    addCommandRoute(scope, options);
    done();
  });
}

function addCommandRoute(
  scope: FastifyInstance,
  { config: { timeZone }, databases, cloud, covers, commands }: HttpAppOptions,
): void {
  const member = {
    config: { needs: { to: 'database', role: 'member' } },
    bodyLimit: MOST_BYTES_READ,
  } as const;
  const there = { create: false };
  const large = new LargeCommands();
  const running = new RunningCommands();
  const uploads = new CoverUploads(covers);
  const watch = watchCommands(scope, commands);

  scope.post('/:db/commands', member, async (request: DatabaseRequest, reply) => {
    const name = databaseOf(request);
    const { command, cover } = await read(request.body).catch(asCommandError);
    watch.read(request, command);
    const begin = () => (command.type === COVER_UPLOAD ? upload(name, command, cover) : run(name, command));
    const outcome = await running.only(name, command.id, begin).catch(asCommandError);
    if (outcome !== undefined && isStored(outcome)) await cloud?.copies.settled(name);
    const answer = answerTo(command.id, outcome ?? { outcome: 'in-progress' });
    watch.done(request, reply.elapsedTime);
    return noStore(reply).send(answer);
  });

  async function read(body: unknown): Promise<{ command: WireCommand; cover?: SentCover }> {
    if (!(body instanceof LargeBody)) return { command: parse(commandRequest, body) };
    const found = await large.read(body.bytes);
    if (found.kind === 'cover') return { command: { ...found.command, payload: null }, cover: found.cover };
    const { status, error, message, details } = found;
    throw new ApiError(status, error, message, details === undefined ? {} : { details });
  }

  function run(name: string, command: WireCommand): Promise<CommandOutcome> {
    return databases.use(name, there, (remote) => remote.runCommand(name, { ...command, timeZone }));
  }

  /** The image is stored before any row names it. */
  async function upload(
    name: string,
    { payload, ...command }: WireCommand,
    cover: SentCover | undefined,
  ): Promise<CommandOutcome> {
    const asked = { ...command, payload: null };
    const standing = await databases.use(name, there, (remote) => remote.commandStanding(name, asked));
    if (standing !== undefined) return standing;
    const stored = await uploads.store(name, cover ?? decodeCover(payload));
    return run(name, { ...command, payload: stored });
  }
}

function asCommandError(error: unknown): never {
  throw toCommandError(error);
}
