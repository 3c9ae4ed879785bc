/** Money is counted in minor units (cents); people read and write it in major ones. */

/** How many digits a currency has behind the point. */
export function minorDigits(currency: string): number {
  return (
    new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

/** An amount with its currency, as people here write it. */
export function formatMoney(minorUnits: number, currency: string, locale?: string): string {
  return numberFormat(currency, locale).format(minorUnits / 10 ** minorDigits(currency));
}

/** The amount as it stands in a form field: no currency, no grouping, a point. */
export function moneyToInput(minorUnits: number | null, currency: string): string {
  if (minorUnits === null) return '';
  const digits = minorDigits(currency);
  return (minorUnits / 10 ** digits).toFixed(digits);
}

/** Reads an amount as typed, with point or comma; undefined when it is none. */
export function parseMoney(text: string, currency: string): number | undefined {
  const plain = text.trim().replace(',', '.');
  if (!/^\d{1,9}(\.\d*)?$|^\.\d+$/.test(plain)) return undefined;
  // By digits, not by multiplication: 19.99 * 100 is not 1999.
  const digits = minorDigits(currency);
  const [whole = '', fraction = ''] = plain.split('.');
  if (fraction.replace(/0+$/, '').length > digits) return undefined;
  return Number(whole + fraction.slice(0, digits).padEnd(digits, '0'));
}

const formats = new Map<string, Intl.NumberFormat>();

/** Making a format costs more than a thousand uses of it. */
function numberFormat(currency: string, locale: string | undefined): Intl.NumberFormat {
  const key = `${locale ?? ''}/${currency}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, { style: 'currency', currency });
    formats.set(key, format);
  }
  return format;
}
