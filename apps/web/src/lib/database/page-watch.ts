import type { PageChange } from './contract.ts';

export interface PageListeners {
  changed: (change: PageChange) => void;
  /** The browser is about to stop this page's work, or to end the page. */
  stops: () => void;
  /** It goes on after all. */
  resumes: () => void;
}

/** Tells what becomes of the page: its network, its visibility, its life. Returns what ends it. */
export function watchPage({ changed, stops, resumes }: PageListeners): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const network = () => changed({ online: navigator.onLine });
  const visibility = () => changed({ visible: document.visibilityState === 'visible' });
  addEventListener('online', network, { signal });
  addEventListener('offline', network, { signal });
  document.addEventListener('visibilitychange', visibility, { signal });
  // A page that comes back from the browser's cache was not told what happened meanwhile.
  addEventListener('pageshow', visibility, { signal });
  addEventListener('pageshow', resumes, { signal });
  addEventListener('pagehide', stops, { signal });
  document.addEventListener('freeze', stops, { signal });
  document.addEventListener('resume', resumes, { signal });
  return () => controller.abort();
}
