/** Codes of failures to open a database that a new file would not mend, or that pass by themselves. */
const OTHERWISE: readonly string[] = [
  'bad-address',
  'deadline',
  'no-storage',
  'page',
  'schema-too-new',
  'secure-context',
  'sqlite-busy',
  'sqlite-full',
  'storage',
  'worker',
];

/** Whether a failure to open a database is one of its file, so that putting that aside is a way out. */
export function isOfTheFile(code: string): boolean {
  return !OTHERWISE.includes(code);
}
