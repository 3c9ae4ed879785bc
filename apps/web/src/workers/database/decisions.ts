import type { Database } from '@octavo/crsqlite/database.ts';
import { sameId } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import type { Scheduler } from '@octavo/rpc/port.ts';
import type { Sink } from '@octavo/rpc/serve.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import type { Conflict } from '@octavo/sync/storage/conflicts.ts';
import { unpackKey } from '@octavo/sync/storage/packed-key.ts';
import { quote } from '@octavo/sync/storage/quote.ts';
import type { Decided, Decision, Undecided } from '#lib/decisions/contract.ts';

/** A merge may write many times a second. */
const PAUSE_MS = 50;

/** What waits for a person to decide, and what becomes of it. */
export class Decisions {
  readonly #replica: Replica;
  readonly #scheduler: Scheduler;
  readonly #sinks = new Set<Sink<Undecided>>();
  readonly #stopListening: () => void;
  #cancelTelling: (() => void) | undefined;

  constructor(replica: Replica, scheduler: Scheduler) {
    this.#replica = replica;
    this.#scheduler = scheduler;
    this.#stopListening = replica.database.onCommit((tables) => {
      if (tables.has('octavo_conflict') || tables.has('octavo_quarantine')) this.changed();
    });
  }

  /** Tells what waits, now and whenever it changes. Returns what ends it. */
  subscribe(sink: Sink<Undecided>): () => void {
    this.#sinks.add(sink);
    sink.push(this.read());
    return () => this.#sinks.delete(sink);
  }

  read(): Undecided {
    const { conflicts, quarantine, siteId } = this.#replica;
    return {
      conflicts: conflicts.list(),
      putAside: quarantine.list().map(({ id, change, reason }) => ({
        id,
        change,
        reason,
        key: unpackKey(change.key),
        own: sameId(change.siteId, siteId),
      })),
    };
  }

  /** Does what was decided, as part of the open transaction. What somebody else has decided meanwhile is left as it is. */
  decide(decision: Decision): Decided {
    const { conflicts, quarantine, merger, cells, database } = this.#replica;
    switch (decision.kind) {
      case 'use-mine':
        return { done: decision.ids.filter((id) => this.#replica.editAgain(id)).length };
      case 'undo-use-mine':
        for (const conflict of decision.conflicts)
          if (conflict.rowDeleted) removeRow(database, conflict);
          else cells.edit(conflict, conflict.column, conflict.otherValue);
        return { done: decision.conflicts.length };
      case 'keep-theirs': {
        const ids =
          decision.ids === 'all'
            ? conflicts.list().map(({ id }) => id)
            : decision.ids.filter((id) => conflicts.get(id) !== undefined);
        for (const id of ids) conflicts.forget(id);
        return { done: ids.length };
      }
      case 'undo-keep-theirs':
        // The oldest first, so that the newest is listed first again.
        for (const conflict of decision.conflicts.toReversed())
          conflicts.add(packKey(database, conflict.key), conflict);
        return { done: decision.conflicts.length };
      case 'retry': {
        if (quarantine.get(decision.id) === undefined) return { done: 0 };
        const refusal = merger.retry(decision.id);
        return refusal === undefined ? { done: 1 } : { done: 0, refusal };
      }
      case 'discard': {
        const done = quarantine.get(decision.id) === undefined ? 0 : 1;
        quarantine.discard(decision.id);
        return { done };
      }
      case 'undo-discard':
        quarantine.add(decision.change.change, decision.change.reason);
        return { done: 1 };
    }
  }

  /** Something of it may have changed: whoever listens hears of it soon. */
  changed(): void {
    if (this.#sinks.size === 0) return;
    this.#cancelTelling ??= this.#scheduler.after(PAUSE_MS, () => {
      this.#cancelTelling = undefined;
      const undecided = this.read();
      for (const sink of this.#sinks) sink.push(undecided);
    });
  }

  close(): void {
    this.#stopListening();
    this.#cancelTelling?.();
    this.#sinks.clear();
  }
}

function packKey(database: Database, key: readonly CellValue[]): Uint8Array {
  const packed = database
    .prepare(`SELECT crsql_pack_columns(${key.map(() => '?').join(', ')})`)
    .exact<[Uint8Array]>()
    .get(...key)?.[0];
  if (packed === undefined) throw new Error('cr-sqlite packed no key.');
  return packed;
}

function removeRow(database: Database, { table, key }: Pick<Conflict, 'table' | 'key'>): void {
  const columns = database
    .prepare<{ name: string }>('SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk')
    .all(table);
  const isRow = columns.map(({ name }) => `${quote(name)} = ?`).join(' AND ');
  database
    .prepare(`DELETE FROM ${quote(table)} WHERE ${isRow}`)
    .exact()
    .run(...key);
}
