import type { OrderLineState } from '@octavo/shop/orders/order-state.ts';

/** What people call how far a line is. */
export const stateWords: Record<OrderLineState, string> = {
  pending: 'To be ordered',
  placed: 'Ordered',
  received: 'Ready',
  collected: 'Collected',
};

/** "Order 2026/7"; the number comes from the server. */
export function orderName({ year, number }: { year: number | null; number: number | null }): string {
  return year === null || number === null ? 'Order without a number' : `Order ${year}/${number}`;
}

/** What a book is called where it has to be short. */
export function bookName({ title, isbn }: { title: string | null; isbn: string | null }): string {
  return title ?? isbn ?? 'A book';
}
