/** Errors of the shop: a closed set of codes, a message for people, and plain details for programs. */

/** What each code carries besides its message. Every value survives a message port and JSON. */
export interface ShopErrorDetails {
  /** The input does not have the form that the command asks for. */
  'invalid-input': { issues: { path: string; message: string }[] };
  /** Not an ISBN that can be used. */
  'invalid-isbn': { text: string };
  /** The record the command is about does not exist here (any more). */
  'not-found': {
    kind: 'book' | 'warehouse' | 'note' | 'line' | 'customer' | 'order-line' | 'supplier' | 'supplier-order';
    id: string;
  };
  /** A committed note is history: it is not edited. */
  'note-committed': { noteId: string };
  /** A note without copies cannot be committed. */
  'note-empty': { noteId: string };
  /** An outbound note cannot be committed while it has lines that name no warehouse. */
  'lines-without-warehouse': {
    noteId: string;
    lines: { isbn: string; title: string | null; quantity: number }[];
  };
  /** The record is used by others and cannot be removed. */
  'in-use': { kind: 'book' | 'warehouse' | 'customer' | 'supplier'; id: string; uses: number };
  /** The line of a customer's order is too far, or not far enough, for this. */
  'order-line-state': { id: string; state: 'pending' | 'placed' | 'received' | 'collected' };
  /** No open line is the supplier's: an order would be empty. */
  'nothing-to-order': { supplierId: string };
  /** Books of the order have come: it is not cancelled any more. */
  'order-received': { supplierOrderId: string; received: number };
  /** Another command has this id. */
  'command-id-used': { id: string; type: string };
  /** No command or query has this name. */
  'unknown-name': { name: string };
  /** The file was written by a newer version of the program. */
  'schema-too-new': { found: number; known: number };
}

export type ShopErrorCode = keyof ShopErrorDetails;

/** A ShopError as a plain value: for message ports, JSON and results. */
export type ShopErrorValue = {
  [Code in ShopErrorCode]: { code: Code; message: string; details: ShopErrorDetails[Code] };
}[ShopErrorCode];

type ShopErrorArguments = {
  [Code in ShopErrorCode]: [code: Code, message: string, details: ShopErrorDetails[Code]];
}[ShopErrorCode];

/** Thrown by every command, query and migration that refuses. */
export class ShopError extends Error {
  override readonly name = 'ShopError';
  /** The error as a plain value, to be sent where an Error object cannot go. */
  readonly value: ShopErrorValue;

  constructor(...[code, message, details]: ShopErrorArguments) {
    super(message);
    // The arguments tie details to code; TypeScript does not follow that through destructuring.
    this.value = { code, message, details } as ShopErrorValue;
  }

  get code(): ShopErrorCode {
    return this.value.code;
  }
}
