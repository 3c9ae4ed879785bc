import { formatMoney } from '../format/money.ts';
import { formatDiscount } from '../format/percent.ts';
import { formatDateTime, formatNumber } from '../format/text.ts';
import { kindWords } from '../notes/note-words.ts';
import { type Cell, WHOLE_ROW } from './cells.ts';
import type { Names } from './names.ts';

/** What values are shown with. */
export interface ValueContext {
  /** The currency of prices, ISO 4217. */
  currency: string;
  names: Names;
}

interface FieldWords {
  /** As on its screen. */
  label: string;
  /** In the middle of a sentence, where that is another. */
  within?: string;
}

const fieldWords: Record<string, Record<string, FieldWords> | undefined> = {
  book: {
    title: { label: 'Title' },
    authors: { label: 'Authors' },
    publisher: { label: 'Publisher' },
    year: { label: 'Year' },
    price: { label: 'Price' },
    category: { label: 'Category' },
    out_of_print: { label: 'Out of print', within: 'mark “out of print”' },
  },
  warehouse: {
    name: { label: 'Name' },
    discount: { label: 'Discount' },
    created_at: { label: 'Made', within: 'date' },
  },
  note: {
    name: { label: 'Name' },
    kind: { label: 'Kind' },
    warehouse_id: { label: 'Warehouse' },
    created_at: { label: 'Made', within: 'date' },
    committed_at: { label: 'Committed', within: 'time of commit' },
  },
  note_line: {
    quantity: { label: 'Quantity' },
    price: { label: 'Price' },
    discount: { label: 'Discount' },
    created_at: { label: 'Made', within: 'date' },
  },
  customer: {
    name: { label: 'Name' },
    email: { label: 'E-mail', within: 'e-mail address' },
    phone: { label: 'Phone', within: 'phone number' },
    note: { label: 'Note' },
    created_at: { label: 'Made', within: 'date' },
  },
  customer_order_line: {
    customer_id: { label: 'Customer' },
    isbn: { label: 'ISBN', within: 'ISBN' },
    quantity: { label: 'Quantity' },
    created_at: { label: 'Made', within: 'date' },
    placed_in: { label: 'Ordered in', within: 'supplier’s order' },
    received_at: { label: 'Received', within: 'time of receipt' },
    collected_at: { label: 'Collected', within: 'time of collection' },
    removed_at: { label: 'Removed', within: 'time of removal' },
  },
  supplier: {
    name: { label: 'Name' },
    email: { label: 'E-mail', within: 'e-mail address' },
    phone: { label: 'Phone', within: 'phone number' },
    customer_number: { label: 'Our customer number' },
    note: { label: 'Note' },
    created_at: { label: 'Made', within: 'date' },
  },
  supplier_publisher: {
    name: { label: 'Name' },
    supplier_id: { label: 'Supplier' },
    created_at: { label: 'Made', within: 'date' },
  },
};

/** A field's name as on its screen; one that this version does not know is called by its own. */
export function fieldLabel(table: string, column: string): string {
  if (column === WHOLE_ROW) return 'The whole record';
  return fieldWords[table]?.[column]?.label ?? column;
}

/** A field's name in the middle of a sentence. */
export function fieldWithin(table: string, column: string): string {
  const words = fieldWords[table]?.[column];
  return words === undefined ? `field “${column}”` : (words.within ?? words.label.toLowerCase());
}

/** What a field holds, as its screen shows it. */
export function valueText({ column, value }: Pick<Cell, 'column' | 'value'>, context: ValueContext): string {
  if (column === 'committed_at' && value === null) return 'not committed';
  if (value === null) return 'nothing';
  if (value instanceof Uint8Array) return `${formatNumber(value.length)} bytes`;
  if (typeof value === 'string') return textValue(column, value, context);
  const number = Number(value);
  switch (column) {
    case 'price':
      return formatMoney(number, context.currency);
    case 'discount':
      return formatDiscount(number);
    case 'out_of_print':
      return number === 1 ? 'yes' : 'no';
    case 'created_at':
    case 'committed_at':
    case 'received_at':
    case 'collected_at':
    case 'removed_at':
      return formatDateTime(number);
    case 'quantity':
      return formatNumber(number);
    default:
      return String(value);
  }
}

function textValue(column: string, value: string, { names }: ValueContext): string {
  if (value === '' && column === 'warehouse_id') return 'no warehouse';
  if (value === '' && column === 'supplier_id') return 'nobody';
  if (value !== '') {
    const name = names.pointedTo(column, value);
    if (name !== undefined) return name;
  }
  if (column === 'kind' && (value === 'inbound' || value === 'outbound')) return kindWords[value].one;
  return value === '' ? 'nothing' : value;
}
