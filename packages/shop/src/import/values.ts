/** Cells as spreadsheets and shop systems write them. Each reader returns undefined for what it cannot read. */
import { MAX_PRICE_MINOR_UNITS, MAX_YEAR } from '../fields.ts';

const MAX_TEXT_CHARACTERS = 2000;

/** The cell without the wrapping that makes a spreadsheet leave it alone: ="0439023483" or '0439023483. */
export function cellText(cell: string | undefined): string {
  const trimmed = (cell ?? '').trim();
  const formula = /^="(.*)"$/su.exec(trimmed);
  return (formula?.[1] ?? trimmed.replace(/^'/u, '')).trim();
}

/** A text with its blanks and line breaks made single spaces; null when there is none. */
export function readText(cell: string | undefined): string | null {
  const text = cellText(cell).replace(/\s+/gu, ' ');
  return text === '' ? null : text.slice(0, MAX_TEXT_CHARACTERS);
}

/** A year out of 2008, 2008.0, -750.0, c1999, [1999], 1999-05-01, 01.05.1999. */
export function readYear(cell: string | undefined): number | null | undefined {
  const text = cellText(cell);
  if (text === '' || /^0+(?:[.,]0+)?$/u.test(text)) return null;
  const plain = /^([+-]?\d{1,4})(?:[.,]0+)?$/u.exec(text);
  if (plain !== null) return Number(plain[1]);
  const inside = /(?<!\d)(\d{4})(?!\d)/u.exec(text);
  const year = inside === null ? Number.NaN : Number(inside[1]);
  return year > 0 && year <= MAX_YEAR ? year : undefined;
}

/** A price in minor units (hundredths) out of 12.90, 12,90 €, EUR 1.234,50, $1,234.5, 12,-. */
export function readPrice(cell: string | undefined): number | null | undefined {
  const text = cellText(cell);
  if (text === '') return null;
  const number = text
    .replace(/[\p{Sc}\p{L}\s'’]/gu, '')
    .replace(/[.,](?:-+|–|—)$/u, '')
    .replace(/^\.|\.$/gu, '');
  if (!/^\d[\d.,]*$/u.test(number)) return undefined;
  const { whole, decimals } = splitDecimals(number);
  const units = Number(whole.replace(/[.,]/gu, ''));
  // More than two decimals are a calculation's leftovers, rounded half up.
  const minor = Math.round(Number(`0.${decimals === '' ? '0' : decimals}`) * 100 + 1e-9);
  const price = units * 100 + minor;
  return price <= MAX_PRICE_MINOR_UNITS ? price : undefined;
}

/**
 * The last separator begins the decimals, unless it groups thousands: it occurs more than once, or exactly three
 * digits follow it and the other sign does not occur before it. So 1.234 is a thousand, as prices are written.
 */
function splitDecimals(number: string): { whole: string; decimals: string } {
  const at = Math.max(number.lastIndexOf('.'), number.lastIndexOf(','));
  if (at === -1) return { whole: number, decimals: '' };
  const separator = number.charAt(at);
  const other = separator === '.' ? ',' : '.';
  const repeated = number.indexOf(separator) !== at;
  const grouping = number.length - at - 1 === 3 && !number.includes(other) && !number.startsWith('0');
  if (repeated || grouping) return { whole: number, decimals: '' };
  return { whole: number.slice(0, at), decimals: number.slice(at + 1) };
}
