import { wasmUrl } from '@octavo/crsqlite/wasm-url.ts';
import { RemoteError } from '@octavo/rpc/remote-error.ts';

let compiled: Promise<WebAssembly.Module> | undefined;

/**
 * SQLite, compiled beside the main thread, once per page. The page names the file rather than the worker: what the
 * page's code names is kept by the service worker for opening without a network, a worker's files are overlooked.
 * Throws RemoteError `worker` when it cannot be loaded; the next call tries again.
 */
export async function compiledWasm(): Promise<WebAssembly.Module> {
  compiled ??= WebAssembly.compileStreaming(fetch(wasmUrl));
  try {
    return await compiled;
  } catch (error) {
    compiled = undefined;
    const message = `SQLite could not be loaded: ${String(error)}`;
    throw new RemoteError({ code: 'worker', message, details: undefined });
  }
}
