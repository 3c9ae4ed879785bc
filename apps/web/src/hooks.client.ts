import { host } from '#lib/database/host.svelte.ts';
import { installConsole } from '#lib/console.ts';
import { settings } from '#lib/settings/store.svelte.ts';

performance.mark('octavo:start');
installConsole();
settings.takeAddress();
// Before the router and the first screen: the worker, the WASM and the file are what takes longest.
void host.start();
