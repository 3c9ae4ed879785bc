import type { RemoteError } from '@octavo/rpc/remote-error.ts';

/** Why a command was refused, in words for the person who asked: what is wrong with the input, without its field's names. */
export function refusalMessage(error: RemoteError): string {
  if (error.code === 'deadline' || error.code === 'closed') {
    return 'The database did not answer. It may or may not have been done: look before you do it again.';
  }
  if (error.code === 'sqlite-full') {
    return 'This device is full: this was not saved. Make some room on it, then enter it again.';
  }
  if (error.code === 'unreached') {
    return 'Another tab or window of Octavo has the database and does not answer. This was not done: look at the other windows, then try again.';
  }
  const messages = error.code === 'invalid-input' ? issueMessages(error.details) : [];
  return messages.length > 0 ? messages.join(' ') : error.message;
}

/** The details of the shop's `invalid-input`, as far as they came over the port in one piece. */
function issueMessages(details: unknown): string[] {
  if (typeof details !== 'object' || details === null || !('issues' in details)) return [];
  const { issues } = details;
  if (!Array.isArray(issues)) return [];
  return issues.flatMap((issue: unknown) =>
    typeof issue === 'object' && issue !== null && 'message' in issue && typeof issue.message === 'string'
      ? [issue.message]
      : [],
  );
}
