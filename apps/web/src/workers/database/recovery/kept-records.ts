import { runShopQuery } from '@octavo/shop/queries/registry.ts';
import type { Thing } from '@octavo/shop/queries/things.ts';
import { type Difference, differencesFrom } from '@octavo/sync/recovery/differences.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import { readReplicatedSchema } from '@octavo/sync/storage/replicated-schema.ts';
import { rowsToName } from '#lib/decisions/names.ts';
import type { KeptKind, KeptRecord, KeptRecords } from '#lib/recovery/contract.ts';

/** So many of each kind are looked through at a time. */
const SHOWN = 200;

/** Reads what a kept database has otherwise than the one in use, in steps of a few milliseconds each [WO-3]. */
export function* readKeptRecords(kept: Replica, inUse: Replica): Generator<undefined, KeptRecords> {
  const counts: Record<KeptKind, number> = { missing: 0, different: 0, removed: 0 };
  const records: KeptRecord[] = [];
  for (const page of differencesFrom(kept.database, inUse)) {
    for (const difference of page) {
      const kind = kindOf(difference, inUse);
      if (counts[kind] < SHOWN) records.push(toRecord(kind, difference, inUse));
      counts[kind] += 1;
    }
    yield undefined;
  }
  // What was removed there has its name only here.
  const removed = records.filter(({ kind }) => kind === 'removed');
  const standing = records.filter(({ kind }) => kind !== 'removed');
  return { records, counts, things: [...namesOf(standing, kept), ...namesOf(removed, inUse)] };
}

function kindOf(difference: Difference, inUse: Replica): KeptKind {
  if (difference.deleted) return 'removed';
  return inUse.cells.exists(difference) ? 'different' : 'missing';
}

function toRecord(kind: KeptKind, { table, key, cells }: Difference, inUse: Replica): KeptRecord {
  const present = (column: string) => inUse.cells.value({ table, key }, column) ?? null;
  const theirs =
    kind === 'removed' ? columnsOf(inUse, table).map((column) => ({ column, value: null })) : cells;
  return { kind, table, key, cells: theirs.map((cell) => ({ ...cell, present: present(cell.column) })) };
}

function columnsOf({ database, clockTables }: Replica, table: string): string[] {
  return [...(readReplicatedSchema(database, clockTables.tables).get(table)?.columns.keys() ?? [])];
}

function namesOf(records: readonly KeptRecord[], { database }: Replica): Thing[] {
  const named = records.flatMap(({ table, key, cells }) => [
    // A line is shown with its note, which need not differ itself.
    ...(table === 'note_line' ? [{ table: 'note', key: key.slice(0, 1), column: '', value: null }] : []),
    { table, key, column: '', value: null },
    ...cells.flatMap(({ column, value, present }) =>
      [value, present].map((either) => ({ table, key, column, value: either })),
    ),
  ]);
  // The query of this name returns what its module says.
  return runShopQuery(database, 'things', { rows: rowsToName(named) }) as Thing[];
}
