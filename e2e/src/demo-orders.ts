import { shopCommands as commands } from '@octavo/shop/commands/registry.ts';
import type { ShopContext } from '@octavo/shop/context.ts';
import { shopQueries as queries } from '@octavo/shop/queries/registry.ts';
import { placeSupplierOrder } from '@octavo/shop/server-commands/place-supplier-order.ts';

export interface DemoOrders {
  customer: string;
  supplier: string;
  supplierOrder: string;
}

/**
 * Customers, suppliers, an order that was placed and partly received, and what is still to be ordered. The order is
 * placed by the function that the server runs.
 */
export function demoOrders(context: ShopContext, isbn: (index: number) => string): DemoOrders {
  const supplierOf = (name: string) => commands.createSupplier.run(context, { name }).id;
  const supplier = supplierOf('Central Books');
  const other = supplierOf('Gardners');
  commands.editSupplier.run(context, {
    id: supplier,
    email: 'orders@central.example',
    phone: '+44 20 7946 0991',
    customerNumber: '40711',
  });
  for (const [index, { name }] of queries.publishers.run(context.db, {}).entries())
    if (index % 5 > 0)
      commands.assignPublisher.run(context, { name, supplierId: index % 2 === 0 ? supplier : other });

  const customerOf = (name: string, phone: string) =>
    commands.createCustomer.run(context, { name, phone }).id;
  const customer = customerOf('Ada Lovelace', '+44 20 7946 0107');
  commands.editCustomer.run(context, {
    id: customer,
    email: 'ada@example.org',
    note: 'Calls back after six',
  });
  const second = customerOf('Ottoline Quincey', '+44 161 496 0388');
  customerOf('Émile Żak', '+33 1 99 00 28 41');
  const wish = (customerId: string, index: number, quantity = 1) =>
    commands.addOrderLine.run(context, { customerId, isbn: isbn(index), quantity }).id;

  for (let index = 0; index < 12; index += 1)
    wish(index % 3 === 0 ? second : customer, index, 1 + (index % 2));
  const [need] = queries.needs.run(context.db, { supplierId: supplier });
  const supplierOrder = context.newId();
  placeSupplierOrder.run(
    { ...context, timeZone: 'Europe/London' },
    { id: supplierOrder, payload: { supplierId: supplier }, baseVersion: need?.version },
  );
  const lines = queries.supplierOrder.run(context.db, { id: supplierOrder })?.lines ?? [];
  const [first, next] = lines.filter(({ customerId }) => customerId === customer).map(({ id }) => id);
  if (first === undefined || next === undefined) throw new Error('The demo order has too few lines.');
  commands.markReceived.run(context, { ids: [first, next] });
  commands.markCollected.run(context, { ids: [first] });

  for (let index = 12; index < 20; index += 1) wish(index % 2 === 0 ? second : customer, index);
  wish('', 3, 4);
  wish('', 21, 2);
  return { customer, supplier, supplierOrder };
}
