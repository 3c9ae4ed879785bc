export interface Book {
  isbn: string;
  title: string | null;
  authors: string | null;
  publisher: string | null;
  year: number | null;
  /** Minor units. */
  price: number | null;
  category: string | null;
  outOfPrint: boolean;
}

/** A book as the database gives it. */
export type BookRow = Omit<Book, 'outOfPrint'> & { outOfPrint: number };

export const BOOK_COLUMNS = `book.isbn, book.title, book.authors, book.publisher, book.year, book.price, book.category,
  book.out_of_print AS outOfPrint`;

export function toBook(row: BookRow): Book {
  return { ...row, outOfPrint: row.outOfPrint === 1 };
}
