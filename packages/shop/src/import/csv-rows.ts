import Papa from 'papaparse';

export interface CsvRow {
  /** The line of the file where the row begins; the first is 1. */
  readonly line: number;
  readonly fields: readonly string[];
  /** A quotation mark is opened and not properly closed: the fields are not to be trusted. */
  readonly broken: boolean;
}

/** A row longer than this has a quotation mark that nobody closed. */
const MAX_ROW_CHARACTERS = 256 * 1024;

/**
 * Reads the rows of a CSV text that arrives in pieces. A quotation mark that is never closed would swallow the rest of
 * the file; here it costs its own line, and reading goes on at the next one.
 */
export class CsvRowReader {
  readonly #delimiter: string;
  #rest = '';
  #line = 1;
  #endsInCarriageReturn = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
  }

  /** Takes the next piece and returns the rows that are complete now. */
  push(text: string): CsvRow[] {
    // Every kind of line end becomes \n, also one that is cut between two pieces.
    const joined = this.#endsInCarriageReturn ? `\r${text}` : text;
    this.#endsInCarriageReturn = joined.endsWith('\r');
    this.#rest += (this.#endsInCarriageReturn ? joined.slice(0, -1) : joined).replace(/\r\n?/gu, '\n');
    return this.#take(false);
  }

  /** Takes the end of the text and returns the rows that were still open. */
  end(): CsvRow[] {
    if (this.#endsInCarriageReturn) this.#rest += '\n';
    return this.#take(true);
  }

  #take(final: boolean): CsvRow[] {
    const rows: CsvRow[] = [];
    while (this.#rest !== '') {
      const broken = this.#takeSoundRows(rows, final);
      if (!broken && this.#rest.length <= MAX_ROW_CHARACTERS) break;
      this.#takeBrokenLine(rows);
    }
    return rows;
  }

  /** Takes rows up to the first broken one; says whether there is one. */
  #takeSoundRows(rows: CsvRow[], final: boolean): boolean {
    const seen = { taken: 0, broken: false };
    const parser = new Papa.Parser({
      delimiter: this.#delimiter,
      newline: '\n',
      step: ({ data, errors, meta }: Papa.ParseStepResult<string[][]>) => {
        const fields = data[0];
        seen.broken = errors.length > 0;
        if (seen.broken || fields === undefined) {
          parser.abort();
          return;
        }
        rows.push({ line: this.#line, fields, broken: false });
        this.#line += 1 + newlinesIn(fields);
        seen.taken = meta.cursor;
      },
    });
    parser.parse(this.#rest, 0, !final);
    this.#rest = final && !seen.broken ? '' : this.#rest.slice(seen.taken);
    return seen.broken;
  }

  #takeBrokenLine(rows: CsvRow[]): void {
    const newline = this.#rest.indexOf('\n');
    const physical = newline === -1 ? this.#rest : this.#rest.slice(0, newline);
    rows.push({ line: this.#line, fields: physical.split(this.#delimiter), broken: true });
    this.#line += 1;
    this.#rest = newline === -1 ? '' : this.#rest.slice(newline + 1);
  }
}

function newlinesIn(fields: readonly string[]): number {
  let count = 0;
  for (const field of fields) {
    for (let at = field.indexOf('\n'); at !== -1; at = field.indexOf('\n', at + 1)) count += 1;
  }
  return count;
}
