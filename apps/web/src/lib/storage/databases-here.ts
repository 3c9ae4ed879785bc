/** The names of the databases that this browser holds; none where it shows no files. */
export async function databasesHere(): Promise<string[]> {
  const names: string[] = [];
  try {
    const root = await navigator.storage.getDirectory();
    const octavo = await root.getDirectoryHandle('octavo');
    for await (const { kind, name } of octavo.values()) if (kind === 'directory') names.push(name);
  } catch (error) {
    // No files, or none to be had: whoever knows the name can still enter it.
    if (!(error instanceof DOMException)) throw error;
  }
  return names.sort((one, other) => one.localeCompare(other));
}
