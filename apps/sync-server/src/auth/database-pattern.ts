/** Names every database: whoever may use all may also look after the server. */
export const EVERY_DATABASE = '*';

const patternForm = /^[A-Za-z0-9._*-]{1,80}$/;

/** Whether a text is the name of a database, in which each `*` stands for any characters, also for none. */
export function isDatabasePattern(text: string): boolean {
  return patternForm.test(text);
}

/** Whether one of the patterns stands for a database. */
export function matchesAny(patterns: readonly string[], database: string): boolean {
  return patterns.some((pattern) => matches(pattern, database));
}

/** Compares part by part: a regular expression of several wildcards would take a hostile name's time. */
function matches(pattern: string, name: string): boolean {
  const [first = '', ...others] = pattern.split('*');
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of others) {
    const at = name.indexOf(part, from);
    if (at === -1) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
