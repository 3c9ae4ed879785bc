/** What a line of a note has to do with money. */
export interface PricedLine {
  quantity: number;
  /** Minor units; null is not known. */
  price: number | null;
  /** Hundredths of a percent. */
  discount: number | null;
}

const WHOLE = 10_000;

/** What one line comes to, in minor units, rounded once; null when its price is not known. */
export function lineTotal({ quantity, price, discount }: PricedLine): number | null {
  return price === null ? null : Math.round((quantity * price * (WHOLE - (discount ?? 0))) / WHOLE);
}

export interface Totals {
  titles: number;
  copies: number;
  /** Minor units. */
  amount: number;
  /** Lines that add nothing to the amount because their price is not known. */
  withoutPrice: number;
}

export function totalsOf(lines: readonly PricedLine[]): Totals {
  const totals: Totals = { titles: lines.length, copies: 0, amount: 0, withoutPrice: 0 };
  for (const line of lines) {
    const total = lineTotal(line);
    totals.copies += line.quantity;
    totals.amount += total ?? 0;
    if (total === null) totals.withoutPrice += 1;
  }
  return totals;
}
