/** What a person can do about a cause. */
export type Remedy =
  | 'wait'
  | 'close-other-tabs'
  | 'try-again'
  | 'retry-sync'
  | 'reload'
  | 'check-network'
  | 'use-secure-address'
  | 'use-normal-window'
  | 'use-current-browser'
  | 'restart-browser'
  | 'set-clock'
  | 'ask-operator'
  | 'persist'
  | 'switch-sync-on'
  | 'check-settings'
  | 'update'
  | 'choose-shop'
  | 'free-space'
  | 'save-files'
  | 'set-aside'
  | 'nuke';

/** How much a remedy takes away: 0 nothing at all, 3 what is in use now, which is kept. None takes more. */
export const harmOf: Record<Remedy, 0 | 1 | 2 | 3> = {
  wait: 0,
  'close-other-tabs': 0,
  'try-again': 0,
  'retry-sync': 0,
  reload: 0,
  'check-network': 0,
  'use-secure-address': 0,
  'use-normal-window': 0,
  'use-current-browser': 0,
  'restart-browser': 0,
  'set-clock': 0,
  'ask-operator': 0,
  'save-files': 0,
  persist: 0,
  'switch-sync-on': 1,
  'check-settings': 1,
  update: 1,
  'choose-shop': 2,
  'free-space': 2,
  'set-aside': 3,
  nuke: 3,
};
