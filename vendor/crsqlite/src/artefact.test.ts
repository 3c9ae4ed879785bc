import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';

import { openMemory } from './memory.ts';
import { compiledWasm, WASM_PATH } from './node-wasm.ts';
import { AUTHORIZER_IMPORT, UPDATE_HOOK_IMPORT } from './wasm.ts';

const GLUE_PATH = createRequire(import.meta.url).resolve('@vlcn.io/wa-sqlite/dist/crsqlite-sync.mjs');

function sha256(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

test('the installed build is the one that this package was written and measured against (README, "Upgrading")', () => {
  expect(sha256(WASM_PATH)).toBe('5b9df8d5f9894b5b6a3828791ffc9384d269592035271df7280c1b07227c9af8');
  expect(sha256(GLUE_PATH)).toBe('fb9309a7dfd37b9a7453ac6a66e5e0335132d3ff21a9c30675ddef400ced99c2');
});

test('it contains the SQLite, the cr-sqlite table format and the extensions that the README names', async () => {
  const db = await openMemory();
  expect(db.prepare('SELECT sqlite_version() AS version').get()).toEqual({ version: '3.44.0' });
  expect(db.prepare("SELECT value FROM crsql_master WHERE key = 'crsqlite_version'").get()).toEqual({
    value: 150_000,
  });
  expect(db.prepare("SELECT sqlite_compileoption_used('ENABLE_FTS5') AS fts5").get()).toEqual({ fts5: 1 });
  db.close();
});

test('its minifier named the two imports as this package expects', async () => {
  const imports = WebAssembly.Module.imports(await compiledWasm());
  for (const name of [UPDATE_HOOK_IMPORT, AUTHORIZER_IMPORT]) {
    expect(imports).toContainEqual({ module: 'a', name, kind: 'function' });
  }
});
