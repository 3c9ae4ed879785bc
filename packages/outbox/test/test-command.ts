import type { Command, Destination } from '../src/command.ts';

export const testShop: Destination = {
  server: 'ws://127.0.0.1:8080/sync',
  database: 'shop.sqlite3',
  lineage: '0123456789abcdef0123456789abcdef',
};

/** A command for tests: the `index` makes its id. */
export function testCommand(index: number, given: Partial<Command> = {}): Command {
  return {
    id: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    type: 'supplier-order.place',
    payload: { index },
    destination: testShop,
    madeAt: 0,
    lane: 'supplier:s',
    subject: { words: `order ${index}`, href: '/orders' },
    ...given,
  };
}
