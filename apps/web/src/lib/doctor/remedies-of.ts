import type { FailureCode, IncompatibleReason } from '@octavo/sync/state.ts';
import { isOfTheFile } from '../recovery/set-aside.ts';
import type { Cause } from './cause.ts';
import { harmOf, type Remedy } from './remedies.ts';

/** What a person can do, the least destructive first. */
export function remediesOf(cause: Cause): Remedy[] {
  return remediesInAnyOrder(cause).toSorted((one, other) => harmOf[one] - harmOf[other]);
}

function remediesInAnyOrder(cause: Cause): Remedy[] {
  switch (cause.cause) {
    case 'not-secure':
      return ['use-secure-address'];
    case 'program-not-loaded':
      return ['try-again', 'reload', 'check-network'];
    case 'browser-lacks':
      return ['use-current-browser', 'save-files'];
    case 'storage-away':
      return ['try-again', 'restart-browser', 'free-space'];
    case 'bad-address':
      return ['check-settings', 'try-again'];
    case 'app-older-than-database':
    case 'app-older-than-tab':
      return ['reload', 'update'];
    case 'held-by-silent-tab':
      return ['wait', 'close-other-tabs', 'restart-browser'];
    case 'busy':
      return ['wait', 'reload'];
    case 'device-full':
      return ['try-again', 'free-space'];
    case 'record-unreadable':
      return ['save-files', 'ask-operator', 'set-aside'];
    case 'database-damaged':
      return ['try-again', 'save-files', 'set-aside'];
    case 'database-not-opened':
      return cause.fileIsSound || !isOfTheFile(cause.code)
        ? ['try-again', 'reload', 'restart-browser', 'save-files']
        : ['try-again', 'reload', 'save-files', 'set-aside'];
    case 'damaged-in-use':
    case 'bookkeeping-wrong':
      return ['reload', 'save-files', 'nuke'];
    case 'not-saved-here':
      return ['use-normal-window'];
    case 'sync-off':
      return ['switch-sync-on'];
    case 'no-network':
      return ['check-network', 'wait'];
    case 'server-away':
      return ['wait', 'check-network', 'retry-sync', 'ask-operator', 'check-settings'];
    case 'server-refuses':
      return refusalRemedies(cause.reason);
    case 'other-shop':
      return ['ask-operator', 'choose-shop'];
    case 'server-without-shop':
      return ['check-settings', 'ask-operator'];
    case 'not-allowed':
      return ['check-settings', 'ask-operator'];
    case 'sync-blocked':
      return ['retry-sync', 'ask-operator'];
    case 'not-getting-through':
      return failureRemedies(cause.code);
    case 'clock-off':
      return ['set-clock'];
    case 'nearly-full':
      return ['free-space'];
    case 'update-ready':
      return ['update'];
    case 'may-be-cleared':
      return ['persist'];
  }
}

function refusalRemedies(reason: IncompatibleReason): Remedy[] {
  switch (reason) {
    case 'rebuilt':
    case 'rewound':
      return ['ask-operator', 'choose-shop'];
    case 'server-behind':
      return ['wait', 'ask-operator'];
    case 'protocol-unsupported':
      return ['reload', 'ask-operator', 'update'];
    case 'other-schema':
    case 'unknown-database':
    case 'bad-database-name':
    case 'unauthorized':
    case 'forbidden':
    case 'read-only':
      return ['ask-operator', 'check-settings'];
    case 'database-unavailable':
    case 'overloaded':
      return ['wait', 'retry-sync', 'ask-operator'];
  }
}

function failureRemedies(code: FailureCode): Remedy[] {
  switch (code) {
    case 'unreachable':
    case 'silent':
    case 'server-restarting':
    case 'server-busy':
      return ['wait', 'check-network', 'retry-sync', 'ask-operator'];
    case 'server-failed':
    case 'acks-overdue':
      return ['wait', 'ask-operator'];
    case 'refused':
    case 'misunderstood':
      return ['reload', 'ask-operator', 'update'];
    case 'own-disk-full':
      return ['free-space'];
    case 'own-database-failed':
    case 'own-program-failed':
    case 'own-database-away':
      return ['reload', 'save-files'];
  }
}
