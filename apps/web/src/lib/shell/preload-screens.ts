import { preloadCode } from '$app/navigation';
import type { RouteId } from '$app/types';

const screens: readonly RouteId[] = [
  '/stock',
  '/books',
  '/books/[isbn]',
  '/inbound',
  '/inbound/[id]',
  '/outbound',
  '/outbound/[id]',
  '/warehouses',
  '/import',
  '/settings',
  '/tasks',
  '/attention',
  '/lost-edits',
  '/debug',
  '/doctor',
];

/**
 * Loads the code of every screen. At a first visit the service worker takes a while to keep them, and a network that goes
 * away before must not take those along that nobody has opened yet.
 */
export async function preloadScreens(): Promise<void> {
  for (const screen of screens) {
    try {
      await preloadCode(screen);
    } catch {
      // The network is gone already: whoever opens the next screen is told so there.
      return;
    }
  }
}
