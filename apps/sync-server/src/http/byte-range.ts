/** A part of a file; `end` is its last byte. */
export interface ByteRange {
  start: number;
  end: number;
}

/**
 * What a `Range` header asks for of so many bytes (RFC 9110, 14.2). Several ranges at once, other units and what makes no
 * sense may be ignored by a server, and are: the whole is sent. `unsatisfiable` when it begins beyond the end.
 */
export function rangeOf(header: string | undefined, size: number): ByteRange | 'whole' | 'unsatisfiable' {
  const match = /^bytes=(?:(?<start>\d+)-(?<end>\d*)|-(?<last>\d+))$/.exec(header?.trim() ?? '');
  if (match?.groups === undefined) return 'whole';
  const { start, end, last } = match.groups;
  if (start === undefined) {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const range = { start: Number(start), end: Math.min(end === '' ? Infinity : Number(end), size - 1) };
  if (range.start >= size) return 'unsatisfiable';
  return end !== '' && Number(end) < range.start ? 'whole' : range;
}
