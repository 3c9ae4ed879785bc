import process from 'node:process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Where Node keeps compiled code for the next process: types are stripped, and code compiled, once. */
export const compileCache =
  process.env.NODE_COMPILE_CACHE ??
  join(fileURLToPath(new URL('..', import.meta.url)), 'node_modules', '.cache', 'compiled');
