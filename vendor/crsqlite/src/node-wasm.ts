import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

/** Where the package keeps the WASM. */
export const WASM_PATH = createRequire(import.meta.url).resolve('@vlcn.io/wa-sqlite/dist/crsqlite-sync.wasm');

let compiling: Promise<WebAssembly.Module> | undefined;

/** The WASM, compiled once per process; every database instantiates it anew. */
export function compiledWasm(): Promise<WebAssembly.Module> {
  compiling ??= readFile(WASM_PATH).then((bytes) => WebAssembly.compile(bytes));
  return compiling;
}
