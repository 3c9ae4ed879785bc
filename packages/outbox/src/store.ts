import type { Command, Entry, EntryState, Rejected, Task } from './command.ts';

/** A queued command that was taken out, whole, to be put back where it was. */
export interface TakenOut {
  readonly entry: Entry;
  readonly payload: unknown;
}

/** What of a queued command may change; what it says never does. */
export type EntryChange = Partial<Pick<Entry, 'state' | 'after'>>;

/** Where the queue is kept: one for all pages of this browser and its service worker. Each method is one transaction. */
export interface OutboxStore {
  /** Queues a command, once. */
  add(command: Command): Promise<void>;
  entries(): Promise<readonly Entry[]>;
  /** Undefined where the command is not queued any more. */
  payload(id: string): Promise<unknown>;
  /** Whether it is still queued; what is not stays so. */
  change(id: string, change: EntryChange): Promise<boolean>;
  /** Takes a command off the queue after its final answer, keeping what there is to tell. */
  finish(id: string, rejected?: Rejected): Promise<void>;
  /** Undefined where the command is not queued any more. */
  takeOut(id: string): Promise<TakenOut | undefined>;
  putBack(taken: TakenOut): Promise<void>;
  /** The oldest first. */
  rejected(): Promise<readonly Rejected[]>;
  /** Whether nobody was told of it before. */
  markShown(id: string): Promise<boolean>;
  forgetRejected(id: string): Promise<void>;
  keepRejected(rejected: Rejected): Promise<void>;
  addTask(task: Task): Promise<void>;
  tasks(): Promise<readonly Task[]>;
  removeTask(id: string): Promise<void>;
  /** Small things beside the queue; undefined where nothing was noted. */
  noted(key: string): Promise<unknown>;
  note(key: string, value: unknown): Promise<void>;
}

/** The state of a command that has just been queued. */
export const freshState: EntryState = { name: 'queued' };

/** What of a command is kept in the list of the queue. */
export function entryOf(
  { id, type, destination, madeAt, baseVersion, after, lane, subject }: Command,
  position: number,
): Entry {
  return {
    ...{ id, type, destination, madeAt, lane, subject, position, state: freshState },
    ...(baseVersion !== undefined && { baseVersion }),
    ...(after !== undefined && { after }),
  };
}

/** The command of an entry, as it was made. */
export function commandOf(
  { id, type, destination, madeAt, baseVersion, after, lane, subject }: Entry,
  payload: unknown,
): Command {
  return {
    ...{ id, type, payload, destination, madeAt, lane, subject },
    ...(baseVersion !== undefined && { baseVersion }),
    ...(after !== undefined && { after }),
  };
}
