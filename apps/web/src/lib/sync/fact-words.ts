import type { ConnectionEnd, ConnectionRecord, SyncDetails } from '../database/contract.ts';
import { count, formatBytes, formatNumber, formatTime } from '../format/text.ts';

const tableWords: Partial<Record<string, { one: string; many: string }>> = {
  book: { one: 'book', many: 'books' },
  warehouse: { one: 'warehouse', many: 'warehouses' },
  note: { one: 'note', many: 'notes' },
  note_line: { one: 'line of a note', many: 'lines of notes' },
  customer: { one: 'customer', many: 'customers' },
  customer_order: { one: 'customer’s order', many: 'customers’ orders' },
  customer_order_line: { one: 'line of a customer’s order', many: 'lines of customers’ orders' },
  supplier: { one: 'supplier', many: 'suppliers' },
  supplier_publisher: { one: 'publisher of a supplier', many: 'publishers of suppliers' },
  supplier_order: { one: 'supplier’s order', many: 'suppliers’ orders' },
  supplier_order_line: { one: 'line of a supplier’s order', many: 'lines of suppliers’ orders' },
};

/** "3 books"; a table without words of its own is called by its name. */
export function pendingWords({ table, records }: { table: string; records: number }): string {
  const words = tableWords[table];
  return words === undefined ? `${formatNumber(records)} in ${table}` : count(records, words.one, words.many);
}

/** How far the server is, and how far that is here. */
export function serverWords({ serverHead, received }: Pick<SyncDetails, 'serverHead' | 'received'>): string {
  if (serverHead === undefined) return `here up to its version ${formatNumber(received)}`;
  const missing = received < serverHead ? `up to ${formatNumber(received)}` : 'all';
  return `version ${formatNumber(serverHead)}, of which this device has ${missing}`;
}

/** How long ago something was, to the tenth while that matters. */
export function agoWords(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds) / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)} s ago`;
  if (seconds < 90) return `${Math.round(seconds)} s ago`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min ago`;
  return `${Math.round(seconds / 3600)} h ago`;
}

const endWords: Record<ConnectionEnd['reason'], string> = {
  lost: 'the network or the server ended it',
  stopped: 'sync was switched off here',
  restarting: 'the server was going down',
  refused: 'the server refused',
  'handshake-timeout': 'the beginning took too long',
  superseded: 'a newer connection took over',
  malformed: 'something unreadable came over it',
  'too-large': 'something too large came over it',
  unexpected: 'something came out of turn',
  'invalid-change': 'a change came that can never be right',
  'read-only': 'changes were sent by a device that may only read',
  silent: 'nothing was heard any more',
  'database-failed': 'a database could not go on',
};

/** What became of a connection, in a sentence without its full stop. */
export function connectionWords(record: ConnectionRecord): string {
  const { begunAt, openedAt, endedAt, end } = record;
  const volume = `${formatBytes(record.received)} in, ${formatBytes(record.sent)} out`;
  if (end === undefined) {
    if (openedAt === undefined) return 'being opened';
    return `open${record.proven ? ', proven' : ''}; ${volume}`;
  }
  const why = end.words === '' ? endWords[end.reason] : `${endWords[end.reason]}: ${end.words}`;
  if (openedAt === undefined)
    return end.reason === 'lost' ? 'the server could not be reached' : `not opened: ${why}`;
  return `${lasted((endedAt ?? begunAt) - begunAt)}${record.proven ? ', was proven' : ''}; ${volume}; ${why}`;
}

/** The moment that a connection was begun, for the list. */
export const connectionTime = ({ begunAt }: ConnectionRecord): string => formatTime(begunAt);

function lasted(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  return seconds < 90 ? `${seconds.toFixed(seconds < 10 ? 1 : 0)} s` : `${Math.round(seconds / 60)} min`;
}
