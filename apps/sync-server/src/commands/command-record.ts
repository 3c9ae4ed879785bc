/** What is told of a command to whoever looks after the server. Nothing of what it says: that is the shop's. */
export interface CommandRecord {
  database: string;
  /** Undefined where the request was none that names one. */
  id: string | undefined;
  /** One that this server knows, or `unknown`: a name that somebody made up may be anything. */
  type: string;
  outcome: CommandResult;
  /** The code that was answered; undefined where it was done. */
  error: string | undefined;
  /** Which try it was, as its sender says. */
  attempt: number | undefined;
  /** Wall clock, ms. */
  beganAt: number;
  milliseconds: number;
}

export type CommandResult =
  | 'done'
  | 'conflict'
  | 'other-lineage'
  | 'not-yet'
  | 'in-progress'
  /** For good. */
  | 'refused'
  /** Whoever sent it may not, or has to wait. */
  | 'denied'
  /** The server's fault; it is sent again. */
  | 'failed';

const ownNames = ['conflict', 'other-lineage', 'not-yet', 'in-progress'] as const;

/** What an answer that is an error was to its command. */
export function resultOf({ status, error }: { status: number; error: string }): CommandResult {
  const own = ownNames.find((name) => name === error);
  if (own !== undefined) return own;
  if (status >= 500) return 'failed';
  return [401, 403, 408, 429].includes(status) ? 'denied' : 'refused';
}

const asPlanned: ReadonlySet<CommandResult> = new Set<CommandResult>([
  'done',
  'conflict',
  'not-yet',
  'in-progress',
]);

/** Whether somebody may want to look why. */
export function isFailure({ outcome }: Pick<CommandRecord, 'outcome'>): boolean {
  return !asPlanned.has(outcome);
}
