import * as v from 'valibot';
import { defineQuery } from '../define.ts';
import * as field from '../fields.ts';
import { OPEN_LINES } from '../orders/open-lines.ts';
import { publisherKeySql } from '../orders/publisher-key.ts';
import { searchText } from './paging.ts';

export interface Supplier {
  id: string;
  name: string | null;
  email: string | null;
  phone: string | null;
  /** What the supplier knows this shop by. */
  customerNumber: string | null;
  note: string | null;
  publishers: number;
  /** Copies to be ordered. */
  needed: number;
}

export interface SupplierDetail extends Omit<Supplier, 'publishers' | 'needed'> {
  publishers: { publisher: string; name: string }[];
}

/** A publisher of the shop's books. */
export interface Publisher {
  name: string;
  /** Null when nobody serves it. */
  supplierId: string | null;
  supplierName: string | null;
}

const SUPPLIER_COLUMNS = `supplier.id, supplier.name, supplier.email, supplier.phone,
  supplier.customer_number AS customerNumber, supplier.note`;

/** All suppliers, with how many publishers they serve and how many copies they are to be asked for. */
export const suppliers = defineQuery(v.object({}), (db): Supplier[] =>
  db
    .prepare<Supplier>(
      `WITH needed AS MATERIALIZED (
         SELECT supplier_id, sum(quantity) AS copies FROM ${OPEN_LINES} GROUP BY supplier_id
       )
       SELECT ${SUPPLIER_COLUMNS},
         (SELECT count(*) FROM supplier_publisher WHERE supplier_id = supplier.id) AS publishers,
         coalesce(needed.copies, 0) AS needed
       FROM supplier LEFT JOIN needed ON needed.supplier_id = supplier.id
       ORDER BY supplier.name COLLATE NOCASE, supplier.id`,
    )
    .all(),
);

/** One supplier with the publishers it serves, or null. */
export const supplier = defineQuery(v.object({ id: field.id }), (db, { id }): SupplierDetail | null => {
  const row = db
    .prepare<Omit<SupplierDetail, 'publishers'>>(`SELECT ${SUPPLIER_COLUMNS} FROM supplier WHERE id = ?`)
    .get(id);
  if (row === undefined) return null;
  const publishers = db
    .prepare<{ publisher: string; name: string }>(
      `SELECT publisher, coalesce(name, publisher) AS name FROM supplier_publisher
       WHERE supplier_id = ? ORDER BY name COLLATE NOCASE, publisher`,
    )
    .all(id);
  return { ...row, publishers };
});

const MAX_PUBLISHERS = 50;

/** Publishers of the shop's books whose name contains the text, by name, with who serves them. At most 50. */
export const publishers = defineQuery(v.object({ text: searchText }), (db, { text }): Publisher[] =>
  db
    .prepare<Publisher>(
      `WITH found AS MATERIALIZED (
         SELECT min(publisher) AS name, ${publisherKeySql('publisher')} AS key FROM book
         WHERE publisher IS NOT NULL AND instr(lower(publisher), lower(?)) > 0
         GROUP BY publisher COLLATE NOCASE ORDER BY publisher COLLATE NOCASE LIMIT ${MAX_PUBLISHERS}
       )
       SELECT found.name, supplier.id AS supplierId, supplier.name AS supplierName
       FROM found
         LEFT JOIN supplier_publisher ON supplier_publisher.publisher = found.key
         LEFT JOIN supplier ON supplier.id = supplier_publisher.supplier_id
       ORDER BY found.name COLLATE NOCASE`,
    )
    .all(text.trim()),
);
