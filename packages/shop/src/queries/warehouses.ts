import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import { stockSql } from '../stock-sql.ts';

export interface Warehouse {
  id: string;
  name: string | null;
  /** Hundredths of a percent. */
  discount: number;
  /** Different books with copies here. */
  titles: number;
  copies: number;
  /** Copies at the books' current prices, in minor units; books without a price count nothing. */
  value: number;
}

/** All warehouses with what is in them. */
export const warehouses = defineQuery(v.object({}), (db): Warehouse[] =>
  db
    .prepare<Warehouse>(
      `SELECT warehouse.id, warehouse.name, warehouse.discount,
         coalesce(totals.titles, 0) AS titles, coalesce(totals.copies, 0) AS copies, coalesce(totals.value, 0) AS value
       FROM warehouse LEFT JOIN (
         SELECT stock.warehouse_id, count(*) FILTER (WHERE stock.quantity > 0) AS titles,
           sum(stock.quantity) AS copies, sum(stock.quantity * coalesce(book.price, 0)) AS value
         FROM ${stockSql()} AS stock LEFT JOIN book ON book.isbn = stock.isbn GROUP BY stock.warehouse_id
       ) AS totals ON totals.warehouse_id = warehouse.id
       ORDER BY warehouse.name COLLATE NOCASE, warehouse.id`,
    )
    .all(),
);
