import type { FailureCode, SyncState } from '@octavo/sync/state.ts';
import { count, formatTime } from '../format/text.ts';

/** What the light means, in one word. */
export function syncWord(state: SyncState): string {
  switch (state.status) {
    case 'disconnected':
      return state.cause === 'off' ? 'Off' : 'Offline';
    case 'connecting':
      return 'Connecting';
    case 'synced':
      return 'Synced';
    case 'syncing':
      return 'Syncing';
    case 'stuck':
      return 'Retrying';
    case 'incompatible':
      return 'Cannot sync';
  }
}

/** What the light means, in full sentences. */
export function syncSentence(state: SyncState): string {
  const here = pendingSentence(state.pending);
  switch (state.status) {
    case 'disconnected':
      return state.cause === 'off'
        ? `Sync is switched off on this device. ${here}`
        : `There is no network. ${here} Everything works as usual and is sent when the network is back.`;
    case 'connecting':
      return `Connecting to the server. ${here}`;
    case 'synced':
      return state.attention === 0
        ? 'Everything on this device is on the server, and everything on the server is here.'
        : `Both sides have everything, except for ${count(state.attention, 'change')} that could not be stored.`;
    case 'syncing':
      return state.catchingUp
        ? `Getting what is new from the server. ${here}`
        : `Connected, and making sure that both sides have everything. ${here}`;
    case 'stuck':
      return `Not getting through: ${ended(state.diagnostics.lastFailure)} ${here} Octavo keeps trying by itself; nothing is lost.`;
    case 'incompatible':
      return state.reason === 'read-only'
        ? `${ended(state.message)} ${here}`
        : `The server refuses to sync: ${ended(state.message)} ${here}`;
  }
}

/** A sentence of somebody else's, with its full stop. */
function ended(sentence: string): string {
  return /[.!?…]$/.test(sentence) ? sentence : `${sentence}.`;
}

function pendingSentence(pending: number): string {
  return pending === 0
    ? 'Nothing on this device is waiting to be sent.'
    : `${count(pending, 'record')} on this device ${pending === 1 ? 'is' : 'are'} waiting to be sent.`;
}

/** What usually lies behind a failure to get through, likeliest first, in the shop's words. */
export function stuckCauses(code: FailureCode): string[] {
  switch (code) {
    case 'unreachable':
    case 'silent':
      return [
        'The network of the shop is down, or this device has lost the Wi-Fi: do other pages open?',
        'The server is being restarted or updated: wait a few minutes.',
        'It lasts longer: whoever looks after the server should know. Copy the diagnostics for them.',
      ];
    case 'server-restarting':
    case 'server-busy':
      return [
        'The server is being restarted, updated or repaired: wait a few minutes.',
        'It lasts longer: whoever looks after the server should know. Copy the diagnostics for them.',
      ];
    case 'server-failed':
    case 'acks-overdue':
      return [
        'The server is connected but very busy, or its disk is full: whoever looks after it should know.',
      ];
    case 'misunderstood':
    case 'refused':
      return [
        'This page is older than the server: reload it.',
        'The server is older than this page, or something in between changes what is sent: whoever looks after the server should know. Copy the diagnostics for them.',
      ];
    case 'own-disk-full':
      return ['This device is full: make some room, by deleting files or apps that nobody needs.'];
    case 'own-database-failed':
      return [
        'The browser could not read or write the file of the shop: reload the page.',
        'It comes again: export the database in the settings, and copy the diagnostics for whoever helps you.',
      ];
    case 'own-program-failed':
      return ['Octavo itself has made a mistake: reload the page. Copy the diagnostics first if you can.'];
    case 'own-database-away':
      return [];
  }
}

/** Whether what stands in the way is on this device, so that waiting for the server does not help. */
export function stuckHere(code: FailureCode): boolean {
  return code === 'own-disk-full' || code === 'own-database-failed' || code === 'own-program-failed';
}

/** The reason behind a state that needs one, for programs and tests; undefined for the others. */
export function syncReason(state: SyncState): string | undefined {
  if (state.status === 'incompatible') return state.reason;
  if (state.status === 'stuck') return state.diagnostics.lastFailure;
  return undefined;
}

/** When the next attempt comes, in words; undefined when none is planned. */
export function nextAttemptSentence(state: SyncState, now: number): string | undefined {
  if (state.status !== 'stuck' || state.nextAttempt === undefined) return undefined;
  const seconds = Math.ceil((state.nextAttempt - now) / 1000);
  if (seconds <= 1) return 'Trying again now.';
  return seconds < 90
    ? `The next attempt is in ${seconds} seconds.`
    : `The next attempt is at ${formatTime(state.nextAttempt)}.`;
}

/**
 * What a screen reader is told when it changes: not each number on the way, but whether work is safe, waiting or
 * needs somebody.
 */
export function syncAnnouncement(state: SyncState): string {
  switch (state.status) {
    case 'synced':
      return `Remote DB: synced.${attentionSentence(state.attention)}`;
    case 'connecting':
    case 'syncing':
      return '';
    case 'disconnected':
    case 'stuck':
    case 'incompatible':
      return `Remote DB: ${syncWord(state).toLowerCase()}.${attentionSentence(state.attention)}`;
  }
}

function attentionSentence(attention: number): string {
  return attention === 0 ? '' : ` ${count(attention, 'change needs', 'changes need')} attention.`;
}
