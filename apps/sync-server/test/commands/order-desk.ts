import { toHex } from '@octavo/protocol/identity.ts';
import type { NodeClient } from '../node-client.ts';
import { type Answer, ask, exec, post } from '../running-server.ts';

export const ISBN = '9780439023481';
export const SUPPLIER = 'central-books';

/** The rows of a shop that orders from one supplier. */
export const SHOP_ROWS = [
  `INSERT INTO book (isbn, title, publisher) VALUES ('${ISBN}', 'The Hunger Games', 'Scholastic')`,
  `INSERT INTO supplier (id, name) VALUES ('${SUPPLIER}', 'Central Books')`,
  `INSERT INTO supplier_publisher (publisher, name, supplier_id) VALUES ('scholastic', 'Scholastic', '${SUPPLIER}')`,
];

/** A wish of a customer, open until it is ordered. */
export const wishRow = (quantity = 1): string =>
  `INSERT INTO customer_order_line (id, customer_id, isbn, quantity, created_at) VALUES ('${crypto.randomUUID()}', '', '${ISBN}', ${quantity}, 1)`;

export interface Place {
  url: string;
  database?: string;
  token?: string;
}

export interface SentCommand {
  id: string;
  type: string;
  payload: unknown;
  lineage: string;
  baseVersion?: string;
  after?: { siteId: string; dbVersion: number };
}

/** A shop with somebody who sends it commands. */
export class OrderDesk {
  readonly #address: string;
  readonly #headers: Record<string, string>;
  readonly lineage: string;

  private constructor(address: string, headers: Record<string, string>, lineage: string) {
    this.#address = address;
    this.#headers = headers;
    this.lineage = lineage;
  }

  static async at({ url, database = 'shop.sqlite3', token }: Place): Promise<OrderDesk> {
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { body } = await ask(`${url}/${database}/meta`, { headers });
    return new OrderDesk(`${url}/${database}/commands`, headers, (body as { lineage: string }).lineage);
  }

  /** A command that is complete, and can be sent again. */
  place(changes: Partial<SentCommand> = {}): SentCommand {
    const payload = { supplierId: SUPPLIER };
    return {
      id: crypto.randomUUID(),
      type: 'supplier-order.place',
      payload,
      lineage: this.lineage,
      ...changes,
    };
  }

  send(command: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return post(this.#address, command, { ...this.#headers, ...headers });
  }
}

/** Puts the rows of the shop into a server's database. */
export async function stock(server: Place, wishes = 1): Promise<void> {
  const rows = [...SHOP_ROWS, ...Array.from({ length: wishes }, () => wishRow())];
  await exec(server, rows.join(';'));
}

/** What a client names whose decision is about all that it has written by now. */
export function writtenBy({ replica }: NodeClient): { siteId: string; dbVersion: number } {
  return { siteId: toHex(replica.siteId), dbVersion: Number(replica.head()) };
}
