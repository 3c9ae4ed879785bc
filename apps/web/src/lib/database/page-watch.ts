/** Tells when the network or the page's visibility changes. Returns what ends it. */
export function watchPage(onChange: (change: { online?: boolean; visible?: boolean }) => void): () => void {
  const controller = new AbortController();
  const { signal } = controller;
  const network = () => onChange({ online: navigator.onLine });
  const visibility = () => onChange({ visible: document.visibilityState === 'visible' });
  addEventListener('online', network, { signal });
  addEventListener('offline', network, { signal });
  document.addEventListener('visibilitychange', visibility, { signal });
  // A page that comes back from the browser's cache was not told what happened meanwhile.
  addEventListener('pageshow', visibility, { signal });
  return () => controller.abort();
}
