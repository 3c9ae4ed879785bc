import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { FIELDS, type Mapping } from '@octavo/shop/import/columns.ts';
import { refuseBySize } from '@octavo/shop/import/file-kind.ts';
import { ImportError } from '@octavo/shop/import/import-error.ts';
import type { RefusedRow } from '@octavo/shop/import/recognise.ts';
import { refusedToCsv } from '@octavo/shop/import/refused-to-csv.ts';
import { openStockList, type StockList } from '@octavo/shop/import/stock-list.ts';
import type { DataFolder } from '../data-folder/data-folder.ts';
import { CommandFailure } from './command-failure.ts';
import { bytesInWords, type Output } from './output.ts';
import { openTarget, type Target } from './target.ts';

/** Refused rows that are printed; all of them go into the file of `--refused`. */
const SHOWN_REFUSED_ROWS = 10;

export interface ImportOptions {
  folder: DataFolder;
  database: string;
  /** Absolute path of the stock list. */
  file: string;
  /** Absolute path for the rows that could not be taken. */
  refusedFile: string | undefined;
  output: Output;
}

interface Tally {
  added: number;
  updated: number;
  unchanged: number;
  refused: RefusedRow[];
}

/** Imports a stock list. @throws CommandFailure when nothing, or not all of it, could be imported. */
export async function runImport({
  folder,
  database,
  file,
  refusedFile,
  output,
}: ImportOptions): Promise<void> {
  const list = await readStockList(file);
  output.result(
    `${basename(file)}: ${bytesInWords(list.bytes)}, ${list.encoding}, columns separated by ${JSON.stringify(list.delimiter)}`,
  );
  for (const line of describeMapping(list)) output.result(line);

  await mkdir(folder.path, { recursive: true });
  await using target = await openTarget(folder, database, { create: true });
  output.note(`Importing into ${database}, ${target.through}.`);
  const tally = await importAll(list, target, output);

  output.result(
    `${tally.added} added, ${tally.updated} updated, ${tally.unchanged} unchanged, ${tally.refused.length} refused`,
  );
  for (const row of tally.refused.slice(0, SHOWN_REFUSED_ROWS)) {
    output.result(`  line ${row.line}: ${row.reason}: ${row.message}`);
  }
  if (tally.refused.length > SHOWN_REFUSED_ROWS) {
    const rest = tally.refused.length - SHOWN_REFUSED_ROWS;
    output.result(
      `  … and ${rest} more${refusedFile === undefined ? '; --refused <out.csv> writes all of them' : ''}`,
    );
  }
  if (refusedFile !== undefined) {
    await writeFile(refusedFile, refusedToCsv(tally.refused, list.header, list.delimiter));
    output.note(`The refused rows are in ${refusedFile}.`);
  }
}

async function importAll(list: StockList, target: Target, output: Output): Promise<Tally> {
  const tally: Tally = { added: 0, updated: 0, unchanged: 0, refused: [] };
  for (const { books, refused, bytesRead } of readSlices(list)) {
    tally.refused.push(...refused);
    if (books.length > 0) {
      const saved = await target.importBooks(books.map(({ book }) => book));
      tally.added += saved.added;
      tally.updated += saved.updated;
      tally.unchanged += saved.unchanged;
    }
    const percent = Math.round((100 * bytesRead) / list.bytes);
    output.progress(
      `${percent} %: ${tally.added + tally.updated + tally.unchanged} books, ${tally.refused.length} refused`,
    );
  }
  output.progressDone();
  return tally;
}

function readSlices(list: StockList): ReturnType<StockList['read']> {
  return asFailure(() => list.read(list.mapping));
}

async function readStockList(file: string): Promise<StockList> {
  let bytes: Buffer;
  try {
    const { size } = await stat(file);
    asFailure(() => refuseBySize(size));
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof CommandFailure) throw error;
    throw new CommandFailure(
      `${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return asFailure(() => openStockList(bytes));
}

function asFailure<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof ImportError) throw new CommandFailure(error.message, { cause: error });
    throw error;
  }
}

/** Which column was recognised as what, and which were not. */
export function describeMapping({
  header,
  mapping,
}: {
  header: readonly string[];
  mapping: Mapping;
}): string[] {
  const used = FIELDS.flatMap((field) => {
    const column = mapping[field];
    return column === undefined ? [] : [{ field, column, name: header[column] ?? '' }];
  });
  const unused = header.filter((_name, column) => !used.some((one) => one.column === column));
  return [
    `columns: ${used.map(({ field, name }) => `${field} from "${name}"`).join(', ')}`,
    ...(unused.length === 0 ? [] : [`not used: ${unused.map((name) => `"${name}"`).join(', ')}`]),
  ];
}
