import { parseIsbn } from '../isbn.ts';
import { foldedWords } from './fold.ts';

/** What a search text asks for: every word must occur, the last one as the beginning of a word. */
export interface SearchTerms {
  /** Alternatives per word, folded: a number may be the beginning of an ISBN-10. */
  readonly words: readonly (readonly string[])[];
}

const MAX_WORDS = 12;

/** Takes a typed or scanned text apart; undefined when nothing in it can be searched for. */
export function searchTerms(text: string): SearchTerms | undefined {
  const scanned = parseIsbn(text);
  if (scanned.ok) return { words: [[scanned.isbn]] };
  const joined = text.replace(/(?<=\d)[-‐‑‒–](?=[\dXx])/gu, '');
  const words = foldedWords(joined).slice(0, MAX_WORDS);
  if (words.length === 0) return undefined;
  return { words: words.map(alternatives) };
}

function alternatives(word: string): string[] {
  if (!/^\d{3,10}x?$/u.test(word) || /^97[89]/u.test(word)) return [word];
  // The check digits of the two forms differ, so only the first nine digits of an ISBN-10 can be carried over.
  return [word, `978${word.slice(0, 9)}`];
}

/** The terms as an FTS5 expression. */
export function matchExpression({ words }: SearchTerms): string {
  return words
    .map((forms, index) => {
      const star = index === words.length - 1 ? '*' : '';
      return `(${forms.map((form) => `"${form}"${star}`).join(' OR ')})`;
    })
    .join(' AND ');
}

/** Whether a book that is not indexed yet matches, by the same rule. */
export function matches({ words }: SearchTerms, fields: readonly (string | null)[]): boolean {
  const found = foldedWords(fields.join(' '));
  return words.every((forms, index) => {
    const last = index === words.length - 1;
    return forms.some((form) => (last ? found.some((word) => word.startsWith(form)) : found.includes(form)));
  });
}
