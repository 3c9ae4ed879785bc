import Papa from 'papaparse';
import type { RefusedRow } from './recognise.ts';

const BYTE_ORDER_MARK = '\uFEFF';

/**
 * The refused rows as a CSV file: the original columns, then line, reason and message, so that somebody can put the
 * rows right and import this very file. Spreadsheets read it as UTF-8; a cell that begins like a formula is
 * made text.
 */
export function refusedToCsv(
  refused: readonly RefusedRow[],
  header: readonly string[],
  delimiter = ',',
): string {
  const columns = refused.reduce((most, { fields }) => Math.max(most, fields.length), header.length);
  const titles = Array.from({ length: columns }, (_, at) => header[at] ?? '');
  const rows = refused.map(({ fields, line, reason, message }) => [
    ...Array.from({ length: columns }, (_, at) => fields[at] ?? ''),
    line,
    reason,
    message,
  ]);
  const table = [[...titles, 'line in file', 'reason', 'what to do'], ...rows];
  return BYTE_ORDER_MARK + Papa.unparse(table, { delimiter, escapeFormulae: true });
}
