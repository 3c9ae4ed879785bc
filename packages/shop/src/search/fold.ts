/**
 * Letters that Unicode does not take apart into a base letter and a mark, so that SQLite's tokenizer leaves them as
 * they are; people search for them by their plain neighbours.
 */
const PLAIN_LETTERS: readonly (readonly [letter: string, plain: string])[] = [
  ['ß', 'ss'],
  ['ẞ', 'ss'],
  ['æ', 'ae'],
  ['Æ', 'ae'],
  ['œ', 'oe'],
  ['Œ', 'oe'],
  ['ø', 'o'],
  ['Ø', 'o'],
  ['ł', 'l'],
  ['Ł', 'l'],
  ['đ', 'd'],
  ['Đ', 'd'],
  ['ð', 'd'],
  ['Ð', 'd'],
  ['þ', 'th'],
  ['Þ', 'th'],
  ['ı', 'i'],
];

const plainByLetter = new Map(PLAIN_LETTERS);
const letters = PLAIN_LETTERS.map(([letter]) => letter).join('');
// eslint-disable-next-line no-control-regex
const isAscii = /^[\u0000-\u007F]*$/u;
const anyLetter = new RegExp(`[${letters}]`, 'gu');

/** Text as the index sees it: lower case, without marks, special letters by their plain neighbours. */
export function fold(text: string): string {
  // Most texts are, and four steps for each of thousands of names can be felt.
  if (isAscii.test(text)) return text.toLowerCase();
  return text
    .replace(anyLetter, (letter) => plainByLetter.get(letter) ?? letter)
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase();
}

/** The words of a text, folded. */
export function foldedWords(text: string): string[] {
  return fold(text)
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== '');
}

/** The same replacement of special letters as an SQL expression; case and marks are the tokenizer's. */
export function foldColumnSql(column: string): string {
  const replaced = PLAIN_LETTERS.reduce(
    (sql, [letter, plain]) => `replace(${sql}, '${letter}', '${plain}')`,
    column,
  );
  // Most texts are ASCII, which two lengths tell faster than seventeen searches.
  return `CASE WHEN octet_length(${column}) = length(${column}) THEN ${column} ELSE ${replaced} END`;
}
