/** Formats are made when they are first needed: making one takes the browser milliseconds that a start does not have. */
function lazily<Format>(make: () => Format): () => Format {
  let made: Format | undefined;
  return () => (made ??= make());
}

const number = lazily(() => new Intl.NumberFormat());
const dateTime = lazily(
  () => new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' }),
);
const time = lazily(() => new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' }));

export const formatNumber = (value: number) => number().format(value);
export const formatDateTime = (milliseconds: number) => dateTime().format(milliseconds);
export const formatTime = (milliseconds: number) => time().format(milliseconds);

/** "1 book", "3 books". */
export function count(value: number, one: string, many = `${one}s`): string {
  return `${formatNumber(value)} ${value === 1 ? one : many}`;
}

/** Bytes as people say them. */
export function formatBytes(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB'];
  const step = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(bytes) / 3));
  const value = bytes / 1000 ** step;
  return `${value.toLocaleString(undefined, { maximumFractionDigits: value < 10 && step > 0 ? 1 : 0 })} ${units[step] ?? ''}`;
}
