import { parse } from 'isbn3';

/**
 * An ISBN with its hyphens, for people: 978-0-439-02348-1. Where the hyphens go is in the table of assigned ranges; a
 * number that is not in it yet is returned as it is.
 */
export function formatIsbn(isbn: string): string {
  return parse(isbn)?.isbn13h ?? isbn;
}
