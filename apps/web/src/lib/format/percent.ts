/** Discounts are counted in hundredths of a percent: 1000 is 10 %. */

const PER_PERCENT = 100;

export function formatDiscount(discount: number): string {
  return `${(discount / PER_PERCENT).toLocaleString(undefined, { maximumFractionDigits: 2 })} %`;
}

/** The discount as it stands in a form field, in percent; none is empty. */
export function discountToInput(discount: number | null): string {
  return discount === null || discount === 0 ? '' : String(discount / PER_PERCENT);
}

/** Reads a percentage as typed; empty is none. Undefined when it is no percentage. */
export function parseDiscount(text: string): number | undefined {
  const plain = text.replace('%', '').trim().replace(',', '.');
  if (plain === '') return 0;
  if (!/^\d{1,3}(\.\d{0,2})?$/.test(plain)) return undefined;
  const discount = Math.round(Number(plain) * PER_PERCENT);
  return discount <= 100 * PER_PERCENT ? discount : undefined;
}
