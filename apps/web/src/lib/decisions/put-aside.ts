import { toHex } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import { fieldLabel, fieldWithin, valueText, type ValueContext } from './cell-words.ts';
import { type Cell, WHOLE_ROW } from './cells.ts';
import type { PutAsideHere } from './contract.ts';

/** A change that could not be applied, here or at the server. */
export interface PutAside {
  id: number;
  /** Its author, hexadecimal. */
  site: string;
  /** Written by this device. */
  own: boolean;
  table: string;
  /** Undefined where the key is none. */
  key: readonly CellValue[] | undefined;
  column: string;
  value: CellValue;
  columnVersion: bigint;
  causalLength: bigint;
  reason: string;
}

export function putAsideHere({ id, change, key, own, reason }: PutAsideHere): PutAside {
  const { siteId, table, column, value, columnVersion, causalLength } = change;
  const site = toHex(siteId);
  return { id, site, own, table, key, column, value, columnVersion, causalLength, reason };
}

export const cellOf = ({ table, key, column, value }: PutAside): Cell => ({
  table,
  key: key ?? [],
  column,
  value,
});

export function authorWords({ own, site }: PutAside): string {
  return own ? 'from this device' : `from another device (${site.slice(0, 8)})`;
}

/** What the change would do. */
export function changeWords(change: PutAside, context: ValueContext): string {
  if (change.column === WHOLE_ROW) return change.causalLength % 2n === 0n ? 'removal' : 'new record';
  return valueText(change, context);
}

export const changeField = ({ table, column }: PutAside): string => fieldLabel(table, column);

/** "the price of Emma" */
export function changeSubject(change: PutAside, { names }: ValueContext): string {
  const name = names.of(cellOf(change));
  return change.column === WHOLE_ROW ? name : `the ${fieldWithin(change.table, change.column)} of ${name}`;
}

/** The changes as a file for whoever can find out what is wrong with them. */
export function exportFile(changes: readonly PutAside[], from: { database: string; at: Date }): Blob {
  const content = { database: from.database, exportedAt: from.at.toISOString(), changes };
  return new Blob([JSON.stringify(content, (_, value: unknown) => asJson(value), 2)], {
    type: 'application/json',
  });
}

/** SQLite's values in the forms that the server's HTTP interface has for them as well. */
function asJson(value: unknown): unknown {
  if (typeof value === 'bigint')
    return Number.isSafeInteger(Number(value)) ? Number(value) : { $integer: String(value) };
  if (value instanceof Uint8Array) return { $blob: toHex(value) };
  if (typeof value === 'number' && !Number.isFinite(value)) return { $real: String(value) };
  return value;
}
