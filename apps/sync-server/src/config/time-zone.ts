/** Whether a name is one of the IANA database's that this program knows. */
export function isTimeZone(name: string | undefined): boolean {
  if (name === undefined) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

/** The machine's; UTC where it has none that is known. */
export function machineTimeZone(): string {
  // A name in TZ that means nothing comes out as "Etc/Unknown", or not at all, whatever the types say.
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions();
  return isTimeZone(timeZone) ? timeZone : 'UTC';
}
