import { toast } from 'svelte-sonner';
import { setSync } from '../console.ts';
import { host } from '../database/host.svelte.ts';
import { updateNow } from '../pwa/updates.ts';
import { storage } from '../storage/storage.svelte.ts';
import type { Remedy } from './remedies.ts';

/** What a button does for a remedy; those that a person has to see to themselves have none. */
export const remedyActions: Partial<Record<Remedy, () => Promise<void>>> = {
  'try-again': () => host.start(),
  'retry-sync': async () => host.client?.retrySync(),
  reload: () => {
    location.reload();
    return Promise.resolve();
  },
  persist: async () => {
    if (!(await storage.persist()))
      toast(
        'The browser does not promise it yet. Install the app, or add it to the home screen, and try again.',
      );
  },
  'switch-sync-on': () => setSync(true),
  update: updateNow,
  'set-aside': () => host.startAnew(),
};

/** Where a person finds what there is to do. */
export const remedyLinks: Partial<Record<Remedy, string>> = {
  'check-settings': '/settings',
  'choose-shop': '/',
  nuke: '/settings',
};
