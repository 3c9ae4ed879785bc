import { join } from 'node:path';

/** The root of the workspace. */
export const root = join(import.meta.dirname, '..', '..');
export const serverMain = join(root, 'apps', 'sync-server', 'src', 'main.ts');
export const commandLineMain = join(root, 'apps', 'sync-server', 'src', 'cli', 'main.ts');
