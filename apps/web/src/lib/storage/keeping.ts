/**
 * Where a page's database is: in the browser's private files, or, in a window that has none, in the memory of the
 * page's own worker.
 */
export type Keeping = 'device' | 'memory';

/** The files of a database in memory, as a worker that ends hands them to the next one. */
export type MemoryFiles = readonly (readonly [name: string, bytes: Uint8Array])[];

/** What browsers throw where storage is refused for good: a private window, blocked site data, a missing interface. */
const REFUSALS: readonly string[] = ['SecurityError', 'NotAllowedError', 'NotSupportedError'];

/** Whether an error, or what caused it, says that this window may not keep files; a passing failure is none. */
export function isStorageRefusal(error: unknown): boolean {
  for (let next = error; next instanceof Error; next = next.cause) {
    if (next instanceof DOMException && REFUSALS.includes(next.name)) return true;
  }
  return false;
}
