import Papa from 'papaparse';

export interface CsvRow {
  /** The line of the file where the row begins; the first is 1. */
  readonly line: number;
  readonly fields: readonly string[];
  /** A quotation mark is opened and not properly closed: the fields are not to be trusted. */
  readonly broken: boolean;
}

/** A row longer than this has a quotation mark that nobody closed, or no line end where one belongs. */
const MAX_ROW_CHARACTERS = 64 * 1024;

type ParsedLine =
  | { readonly kind: 'sound'; readonly fields: readonly string[] }
  /** A quoted value goes on in the next line. */
  | { readonly kind: 'open' }
  /** Something follows a closing quotation mark. */
  | { readonly kind: 'wrong' };

/**
 * Reads the rows of a CSV text that arrives in pieces. The parser is given one line at a time, and more only while a
 * quoted value is open: given all, it would look for the end of a quotation mark that is never closed through the
 * rest of the file. So such a mark costs its own line, and reading goes on at the next one.
 */
export class CsvRowReader {
  readonly #delimiter: string;
  readonly #parser: Papa.Parser;
  #rest = '';
  #line = 1;
  #endsInCarriageReturn = false;

  constructor(delimiter: string) {
    this.#delimiter = delimiter;
    this.#parser = new Papa.Parser({ delimiter, newline: '\n' });
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
    let start = 0;
    while (start < this.#rest.length) {
      const next = this.#rowAt(start, final);
      if (next === undefined) break;
      rows.push({ line: this.#line, fields: next.fields, broken: next.broken });
      this.#line += newlinesIn(this.#rest, start, next.end);
      start = next.end + 1;
    }
    this.#rest = this.#rest.slice(start);
    return rows;
  }

  /** The row that begins at `start` and where it ends; undefined when more of the text is needed to tell. */
  #rowAt(
    start: number,
    final: boolean,
  ): { fields: readonly string[]; broken: boolean; end: number } | undefined {
    const firstEnd = this.#lineEnd(start, final);
    let end = firstEnd;
    while (end !== undefined && end - start <= MAX_ROW_CHARACTERS) {
      const parsed = this.#parse(this.#rest.slice(start, end));
      if (parsed.kind === 'sound') return { fields: parsed.fields, broken: false, end };
      if (parsed.kind === 'wrong') break;
      // Only a line with another quotation mark can close the value.
      const quote = this.#rest.indexOf('"', end);
      if (quote === -1 && final) break;
      end = quote === -1 ? undefined : this.#lineEnd(quote, final);
    }
    const unfinished = end === undefined && this.#rest.length - start <= MAX_ROW_CHARACTERS;
    if (unfinished && !final) return undefined;
    const brokenEnd = firstEnd ?? this.#rest.length;
    return {
      fields: this.#rest.slice(start, brokenEnd).split(this.#delimiter),
      broken: true,
      end: brokenEnd,
    };
  }

  #lineEnd(from: number, final: boolean): number | undefined {
    const newline = this.#rest.indexOf('\n', from);
    if (newline !== -1) return newline;
    return final ? this.#rest.length : undefined;
  }

  #parse(text: string): ParsedLine {
    if (text === '') return { kind: 'sound', fields: [''] };
    // The parser's own type for what it returns is `any`; this is what its documentation says.
    const { data, errors } = this.#parser.parse(text, 0, false) as Papa.ParseResult<string[]>;
    if (errors.some(({ code }) => code === 'InvalidQuotes')) return { kind: 'wrong' };
    const [fields] = data;
    return errors.length > 0 || fields === undefined ? { kind: 'open' } : { kind: 'sound', fields };
  }
}

/** Line ends from `start` up to and with `end`. */
function newlinesIn(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at !== -1 && at <= end; at = text.indexOf('\n', at + 1))
    count += 1;
  return count;
}
