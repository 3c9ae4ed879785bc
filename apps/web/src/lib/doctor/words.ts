import { reasonWords } from '../recovery/reasons.ts';
import { count } from '../format/text.ts';
import { stuckCauses } from '../sync/words.ts';
import type { Cause } from './cause.ts';
import type { Feature } from './facts.ts';
import type { Remedy } from './remedies.ts';

export interface CauseWords {
  title: string;
  explanation: string;
}

/** What a browser is asked for, in words. */
export const featureWords: Record<Feature, string> = {
  'secure-context': 'A secure address',
  'module-workers': 'Work beside the page (module workers)',
  webassembly: 'SQLite (WebAssembly)',
  files: 'Private files (OPFS)',
  'exclusive-files': 'Exclusive access to them',
  locks: 'Turns between tabs (Web Locks)',
  channels: 'Talking between tabs (BroadcastChannel)',
  'settings-store': 'Stored settings (IndexedDB)',
  'service-workers': 'Opening without a network (service worker)',
};

/** What is wrong, in the shop's words. */
export function causeWords(cause: Cause): CauseWords {
  switch (cause.cause) {
    case 'not-secure':
      return {
        title: 'This connection is not secure',
        explanation:
          'Browsers let a page keep a database only when it comes over https, or from this very computer.',
      };
    case 'program-not-loaded':
      return {
        title: 'A part of Octavo did not load',
        explanation:
          'The program that works with the database did not come through. What is in this browser is untouched.',
      };
    case 'browser-lacks':
      return {
        title: 'This browser lacks what Octavo needs',
        explanation: `Missing: ${cause.missing.map((feature) => featureWords[feature]).join(', ')}.`,
      };
    case 'storage-away':
      return {
        title: 'The browser does not open its own storage',
        explanation:
          'This browser holds your shop and cannot get at its files just now. They are still there.',
      };
    case 'bad-address':
      return {
        title: 'The address names an impossible shop or server',
        explanation: 'Trying again opens the shop that was open before.',
      };
    case 'app-older-than-database':
      return {
        title: 'This app is older than its database',
        explanation: 'A newer version of Octavo has written the database in this browser. It is sound.',
      };
    case 'app-older-than-tab':
      return {
        title: 'Another tab runs a newer Octavo',
        explanation: 'It has the database, and this page is too old to talk to it.',
      };
    case 'held-by-silent-tab':
      return {
        title: 'Another tab has the database and does not answer',
        explanation:
          'The browser has probably stopped it to save power, or it is busy. This tab goes on by itself as soon as the other answers or is closed; nothing is lost.',
      };
    case 'busy':
      return {
        title: 'The database is busy',
        explanation: 'It is at something that takes long, such as an import or a large download of the shop.',
      };
    case 'device-full':
      return {
        title: 'This device is full',
        explanation: 'There was no room to write. What was saved before is unharmed.',
      };
    case 'record-unreadable':
      return {
        title: 'It cannot be told which file is the database',
        explanation:
          'The note that says which of the files in this browser is in use is damaged. The files themselves are untouched.',
      };
    case 'database-damaged':
      return {
        title: 'The database in this browser is damaged',
        explanation: `The file is not a sound database any more (${cause.code}). What was sent is safe on the server; what was not may still be in the file.`,
      };
    case 'database-not-opened':
      return {
        title: 'The database could not be opened',
        explanation: cause.fileIsSound
          ? `A copy of the file opens and is sound, so the trouble lies with this page or the browser (${cause.code}), not with your data.`
          : `It is not known why (${cause.code}). Nothing was changed or deleted.`,
      };
    case 'damaged-in-use':
      return {
        title: 'The database works, and is damaged in places',
        explanation: `SQLite found: ${cause.messages.slice(0, 3).join('; ')}${cause.messages.length > 3 ? ' …' : ''}`,
      };
    case 'bookkeeping-wrong':
      return {
        title: 'What sync remembers in the database does not fit together',
        explanation: `Something entered here might never be sent. ${cause.messages.slice(0, 3).join(' ')}`,
      };
    case 'not-saved-here':
      return {
        title: 'This window keeps nothing on this device',
        explanation:
          'It is a private window, or the browser blocks this site’s data. Octavo works in memory: the shop is fetched each time, what you enter goes to the server, and what has not been sent when the tab is closed is lost.',
      };
    case 'sync-off':
      return { title: 'Sync is switched off on this device', explanation: 'Nothing is sent or fetched.' };
    case 'no-network':
      return {
        title: 'There is no network',
        explanation: 'Everything works as usual, and is sent when the network is back.',
      };
    case 'server-away':
      return {
        title: 'The server does not answer',
        explanation:
          'The network of the shop may be down, or the server is being restarted. Go on working: everything is kept here and sent by itself later.',
      };
    case 'server-refuses': {
      const { title, explanation } = reasonWords[cause.reason];
      return { title, explanation };
    }
    case 'other-shop': {
      const { title, explanation } = reasonWords.rebuilt;
      return { title, explanation };
    }
    case 'server-without-shop':
      return { title: reasonWords['unknown-database'].title, explanation: 'What is in this browser stays.' };
    case 'not-allowed':
      return {
        title: 'The server does not let this device in',
        explanation:
          'The access token is missing, not valid any more, or not for this shop. What is in this browser stays.',
      };
    case 'sync-blocked':
      return {
        title: 'The server answers, and sync does not get through to it',
        explanation: `Something between the two may block WebSockets: a proxy, a filter, a virus scanner. The last failure: ${cause.why}`,
      };
    case 'not-getting-through':
      return {
        title: 'Sync does not get through',
        explanation: stuckCauses(cause.code).join(' '),
      };
    case 'clock-off':
      return {
        title: `The clock of this device is ${count(Math.abs(cause.minutes), 'minute')} ${cause.minutes > 0 ? 'ahead' : 'behind'}`,
        explanation: 'Sync does not mind; the dates on sales and notes do.',
      };
    case 'nearly-full':
      return { title: 'There is little room left on this device', explanation: 'Nothing is wrong yet.' };
    case 'update-ready':
      return {
        title: 'A newer version of Octavo is ready',
        explanation: 'This page still runs the older one.',
      };
    case 'may-be-cleared':
      return {
        title: 'The browser has not promised to keep the shop',
        explanation:
          'When the disk is nearly full it may clear it: what is synced is safe on the server, what waits to be sent is not.',
      };
  }
}

/** What to do, as a button says it or as an instruction. */
export const remedyWords: Record<Remedy, string> = {
  wait: 'Wait a little: it goes on by itself.',
  'close-other-tabs': 'Look at the other tabs and windows of Octavo, or close them.',
  'try-again': 'Try again',
  'retry-sync': 'Try to sync now',
  reload: 'Reload the page',
  'check-network': 'Look whether other pages open, and whether this device is in the shop’s network.',
  'use-secure-address': 'Open Octavo at an address that begins with https://.',
  'use-normal-window': 'Open Octavo in a normal window, and allow it to store data.',
  'use-current-browser': 'Open Octavo in a current version of Chrome, Edge, Firefox or Safari.',
  'restart-browser': 'Close the browser altogether and start it again.',
  'set-clock': 'Set the clock of this device, or let it set itself.',
  'ask-operator': 'Tell whoever looks after the server, and send the report below.',
  'save-files': 'Save the files below, for safe keeping.',
  persist: 'Ask the browser to keep it',
  'switch-sync-on': 'Switch sync on',
  'check-settings': 'Check server, database and token in the settings',
  update: 'Update Octavo',
  'choose-shop': 'Choose which shop to go on with',
  'free-space': 'Delete files or apps that nobody needs from this device, then try again.',
  'set-aside': 'Put the file aside and start fresh',
  nuke: 'Start over from the server, in the settings',
};
