import { attemptsOf, type Entry, type Reason, type Rejected } from '@octavo/outbox/command.ts';
import { concernsServer } from '@octavo/outbox/settle.ts';
import { count, formatTime } from '../format/text.ts';

/** So many planned attempts have failed before somebody is told, where not only the network is missing. */
const PLANNED_BEFORE_TOLD = 3;

/** Whether somebody should know that a command does not get through. */
export function isFailure({ state }: Entry): boolean {
  if (state.name === 'exhausted') return true;
  return state.name === 'waiting' && state.planned >= PLANNED_BEFORE_TOLD && !concernsServer(state.reason);
}

/** Who has hidden a failure hears of it again when another attempt has failed. */
export function failureKey({ id, state }: Entry): string {
  return `${id}/${attemptsOf(state)}`;
}

/** "Syncing changes… (2 of 5)". */
export function progressWords({ current, total }: { current: number; total: number }): string {
  return `Syncing changes… (${current} of ${total})`;
}

/** Why a command was not done at its last attempt, in full sentences. */
export function reasonWords({ kind, message, status }: Reason): string {
  switch (kind) {
    case 'unreachable':
      return 'The server cannot be reached.';
    case 'timeout':
      return 'The server has not answered in time. It may have been done: it is never done twice.';
    case 'unauthorized':
      return `${said(message, 'The server does not know this device any more.')} Enter a valid access token in the settings.`;
    case 'not-yet':
      return 'The server does not have yet what this is about. It goes on when everything entered here has been sent.';
    case 'other-shop':
      return `${said(message, 'The server has another shop under this name.')} It is kept here and sent to no other shop.`;
    case 'not-ours':
      return `Something between this device and the server has answered in its place${status === undefined ? '' : ` (${status})`}. Look whether the network asks you to sign in.`;
    case 'failed':
      return said(message, `The server could not do it (${status ?? 'no status'}).`);
  }
}

/** How a queued command stands, in a few words. */
export function stateWords({ state }: Entry, now: number): string {
  switch (state.name) {
    case 'queued':
      return 'Waits to be sent';
    case 'sending':
      return 'Being sent';
    case 'waiting':
      return state.dueAt <= now ? 'About to be tried again' : `Tried again at ${formatTime(state.dueAt)}`;
    case 'exhausted':
      return 'Tried again when the connection is next restored';
  }
}

/** "3 attempts"; empty before the first. */
export function attemptWords({ state }: Entry): string {
  const attempts = attemptsOf(state);
  return attempts === 0 ? '' : count(attempts, 'attempt');
}

/** "2 minutes ago". @param age - ms. */
export function ageWords(age: number): string {
  const minutes = Math.floor(Math.max(0, age) / 60_000);
  if (minutes < 1) return 'just now';
  if (minutes < 60) return `${count(minutes, 'minute')} ago`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${count(hours, 'hour')} ago` : `${count(Math.floor(hours / 24), 'day')} ago`;
}

/** What to say of a command that the server has refused for good. */
export function rejectedWords({ kind, subject, message }: Rejected): string {
  return kind === 'conflict'
    ? `Conflict detected for ${subject.words}. Server version restored. Please review changes.`
    : `The server refused ${subject.words}: ${message}`;
}

/** In a conflict: what is otherwise than what was decided on. */
export function differenceWords({ kind, subject, message, current }: Rejected): string {
  if (kind !== 'conflict') return '';
  const [before, now] = [copiesIn(subject.seen), copiesIn(current)];
  if (before === undefined || now === undefined) return message;
  const there = now === 0 ? 'nothing is open any more' : `${count(now, 'copy is', 'copies are')} open`;
  return `${message} You had seen ${count(before, 'copy', 'copies')}; now ${there}.`;
}

function copiesIn(what: unknown): number | undefined {
  const copies: unknown = typeof what === 'object' && what !== null ? Reflect.get(what, 'copies') : undefined;
  return typeof copies === 'number' ? copies : undefined;
}

function said(message: string, otherwise: string): string {
  return message === '' ? otherwise : message;
}

/** As the beginning of a line. */
export function capital(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Which shop at which server a command is for. */
export function placeWords({ destination: { database, server } }: Entry): string {
  return `${database} at ${URL.parse(server)?.host ?? server}`;
}
