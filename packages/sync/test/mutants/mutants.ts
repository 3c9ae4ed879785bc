/** A deliberate bug: one text in one source file replaced by another. */
export interface Mutant {
  name: string;
  file: string;
  find: string;
  replace: string;
}

/** Bugs that have cost somebody data somewhere. Each must be caught by the tests or the simulator. */
export const mutants: readonly Mutant[] = [
  {
    name: 'ack before fsync',
    file: 'vendor/crsqlite/src/settings.ts',
    find: 'PRAGMA synchronous = FULL',
    replace: 'PRAGMA synchronous = OFF',
  },
  {
    name: 'cursor not rewound after a rollback',
    file: 'packages/sync/src/replica.ts',
    find: 'this.bookkeeping.setPosition(peer, { cursor, horizon: cursor });',
    replace: '',
  },
  {
    name: 'pending off by one',
    file: 'packages/sync/src/storage/clock-tables.ts',
    find: 'WHERE db_version > ? AND (site_id',
    replace: 'WHERE db_version > ? + 1 AND (site_id',
  },
  {
    name: 'green on a late pong',
    file: 'packages/sync/src/client/heartbeat.ts',
    find: 'return age !== undefined && age <= PROOF_LIFETIME_MS ? this.#proof : undefined;',
    replace: 'return age !== undefined ? this.#proof : undefined;',
  },
  {
    name: "a source transaction's own cells split",
    file: 'packages/sync/src/stream/inbound.ts',
    find: 'const part = incomplete ? transactions.at(-1) : undefined;\n    const complete = incomplete ? transactions.slice(0, -1) : transactions;',
    replace: 'const part = undefined as Transaction | undefined;\n    const complete = transactions;',
  },
  {
    name: 'db_version passed through',
    file: 'packages/sync/src/storage/merge.ts',
    find: 'const version = source === transaction.version ? last : last + 1n;',
    replace: 'const version = transaction.version;',
  },
  {
    name: 'head taken from crsql_db_version()',
    file: 'packages/sync/src/storage/clock-tables.ts',
    find: 'let head = 0n;',
    replace: "let head = this.#exact<[bigint]>('SELECT crsql_db_version()').get()?.[0] ?? 0n;",
  },
  {
    name: 'relay filter without the zeroed cells',
    file: 'packages/sync/src/storage/shared-stretches.ts',
    find: 'columnVersion === 0n || !sameId(author, siteId)',
    replace: '!sameId(author, siteId) || columnVersion < 0n',
  },
  {
    name: 'relay filter of a client that is read for alone, without the zeroed cells',
    file: 'packages/sync/src/storage/log-reader.ts',
    find: '(site_id IS NOT ? OR col_version = 0',
    replace: '(site_id IS NOT ?',
  },
  {
    name: 're-identification of unsent cells to the old author',
    file: 'packages/sync/src/storage/clock-tables.ts',
    find: 'WHERE site_id = ${OWN_ORDINAL} AND db_version <= ?`',
    replace: 'WHERE site_id = ${OWN_ORDINAL} AND ? >= 0`',
  },
  {
    name: 'a lost part after a reconnect',
    file: 'packages/sync/src/stream/outbound.ts',
    find: 'inside: { version, sequence } };',
    replace: 'inside: { version, sequence: sequence + 1 } };',
  },
  {
    name: 'epoch end off by one',
    file: 'packages/sync/src/epochs.ts',
    find: 'next.firstVersion - 1n',
    replace: 'next.firstVersion',
  },
  {
    name: 'duplicate site id accepted',
    file: 'packages/sync/src/handshake.ts',
    find: 'if (agreed < server.ofClient.position)',
    replace: 'if (agreed < 0n)',
  },
  {
    name: 'cr-sqlite left deaf by a refused change',
    file: 'packages/sync/src/storage/change-rows.ts',
    find: "database.prepare('SELECT crsql_internal_sync_bit(0)').get();",
    replace: 'void 0;',
  },
  {
    name: 'horizon forgotten',
    file: 'packages/sync/src/stream/inbound.ts',
    find: 'const horizon = later(this.#horizon, batch.head);',
    replace: 'const horizon = cursor;',
  },
  {
    name: 'a page of the log kept though it was overwritten',
    file: 'packages/sync/src/storage/shared-stretches.ts',
    find: 'if (this.#count(page.after, page.through) === page.cells) {',
    replace: 'if (page.cells >= 0) {',
  },
  {
    name: 'nothing pending although something is',
    file: 'packages/sync/src/client/pending-counter.ts',
    find: 'this.#clearThrough = count === 0 && offer === 0n ? head : 0n;',
    replace: 'this.#clearThrough = head;',
  },
  {
    name: 'an offer over as soon as it is acknowledged',
    file: 'packages/sync/src/client/link.ts',
    find: 'if (proof === undefined || proof.monotonic < returnedAt.monotonic) return undefined;',
    replace: 'void proof; void returnedAt;',
  },
];
