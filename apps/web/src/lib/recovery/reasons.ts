import type { IncompatibleReason } from '@octavo/sync/state.ts';

/** What a person can do about a refusal. With `accept-shop` the server's shop is what somebody wanted everybody to have. */
export type WayOut = 'choose-shop' | 'accept-shop' | 'settings' | 'reload' | 'wait';

export interface ReasonWords {
  title: string;
  /** What happened and what to do, in the shop's words. */
  explanation: string;
  way: WayOut;
}

/** What is said when the server refuses to sync for a reason that waiting does not mend. */
export const reasonWords: Record<IncompatibleReason, ReasonWords> = {
  rebuilt: {
    title: 'The server holds another shop under this name',
    explanation:
      'The shop on the server was set up anew, or another one was put in its place. Everything that is in this browser is still here. Choose which one to go on with.',
    way: 'choose-shop',
  },
  rewound: {
    title: 'The shop was taken back to an earlier state',
    explanation:
      'Whoever looks after the server has done so to undo a mistake. What was done since then is not in the shop any more, but it is still in this browser. Go on with the shop as it is now, unless you know that what is here is right.',
    way: 'accept-shop',
  },
  'server-behind': {
    title: 'The server is older than this app',
    explanation:
      'Octavo in this browser has been updated, the server has not. Nothing is lost and there is nothing to repair: go on working, and everything is sent by itself once whoever looks after the server has updated it.',
    way: 'wait',
  },
  'protocol-unsupported': {
    title: 'This app and the server do not fit together',
    explanation:
      'One of the two is too old to understand the other. Reload the page to get the newest app; if that does not help, whoever looks after the server has to update it. Nothing is lost meanwhile.',
    way: 'reload',
  },
  'other-schema': {
    title: 'The server keeps something else under this name',
    explanation:
      'The database of this name on the server is none of Octavo’s shops. Choose another database in the settings. What is in this browser stays.',
    way: 'settings',
  },
  'unknown-database': {
    title: 'The server has no shop of this name',
    explanation:
      'Check the name of the database in the settings, or ask whoever looks after the server to set it up. What is in this browser stays, and is sent when the server has it.',
    way: 'settings',
  },
  'bad-database-name': {
    title: 'The server does not take this name',
    explanation:
      'The name of the database is none that the server can keep. Choose another one in the settings. What is in this browser stays.',
    way: 'settings',
  },
  unauthorized: {
    title: 'The server does not know this device',
    explanation:
      'The access token is missing, mistyped or not valid any more. Ask whoever looks after the server for one and enter it in the settings. What is in this browser stays, and is sent then.',
    way: 'settings',
  },
  forbidden: {
    title: 'This device may not use this shop',
    explanation:
      'The access token is valid, but not for this shop. Ask whoever looks after the server for the right one, or choose another shop in the settings. What is in this browser stays.',
    way: 'settings',
  },
  'read-only': {
    title: 'This device may only read',
    explanation:
      'Something was changed on this device, and the server does not take changes from it. What was changed stays in this browser and nobody else sees it; what others change still arrives. To send it, ask whoever looks after the server for a token that may write and enter it in the settings. To give it up, use Nuke and Resync there.',
    way: 'settings',
  },
  'database-unavailable': {
    title: 'The shop is not available at the moment',
    explanation:
      'The server cannot open it just now. Go on working; Octavo keeps trying, and nothing is lost.',
    way: 'wait',
  },
  overloaded: {
    title: 'The server is too busy at the moment',
    explanation: 'Go on working; Octavo keeps trying, and nothing is lost.',
    way: 'wait',
  },
};
