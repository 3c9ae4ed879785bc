import type * as v from 'valibot';
import { ShopError } from '../errors.ts';
import type { ServerContext } from './answer-once.ts';
import type { CommandAnswer, CommandRequest } from './answers.ts';
import { cancelSupplierOrder } from './cancel-supplier-order.ts';
import { placeSupplierOrder } from './place-supplier-order.ts';
import { setBookCover } from './set-book-cover.ts';
import { COVER_UPLOAD } from './wire.ts';

/** What only the server may run, by the types that commands name. */
export const serverCommands = {
  'supplier-order.place': placeSupplierOrder,
  'supplier-order.cancel': cancelSupplierOrder,
  // With the image's name in place of the image, once it is stored.
  [COVER_UPLOAD]: setBookCover,
};

export type ServerCommandType = keyof typeof serverCommands;
export type ServerCommandPayload<Type extends ServerCommandType> = v.InferInput<
  (typeof serverCommands)[Type]['payload']
>;
export type ServerCommandAnswer<Type extends ServerCommandType> = ReturnType<
  (typeof serverCommands)[Type]['run']
>;

export function isServerCommand(type: string): type is ServerCommandType {
  return Object.hasOwn(serverCommands, type);
}

/**
 * Runs a command that came over a boundary: its type and payload are checked. Throws ShopError `unknown-name`,
 * `invalid-input` and `command-id-used`, for which nothing is stored.
 */
export function runServerCommand(
  shop: ServerContext,
  type: string,
  request: CommandRequest<unknown>,
): CommandAnswer {
  if (!isServerCommand(type)) {
    throw new ShopError(
      'unknown-name',
      `This server knows no command "${type}". It may be older than the app.`,
      {
        name: type,
      },
    );
  }
  // A union of functions is callable only with the intersection of their payloads; each checks its own at run time.
  const run: (shop: ServerContext, request: CommandRequest<never>) => CommandAnswer =
    serverCommands[type].run;
  return run(shop, request as CommandRequest<never>);
}
