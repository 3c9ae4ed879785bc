const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** The parts of a key. A part never leads out of its folder, nor begins with the dot of what is not an object. @throws RangeError */
export function segmentsOf(key: string): string[] {
  const segments = key.split('/');
  if (!segments.every((part) => segment.test(part))) throw new RangeError(`"${key}" is no key of an object.`);
  return segments;
}

/** The parts of a folder of keys, which ends in `/`; none for that of all keys, which is empty. @throws RangeError */
export function segmentsOfFolder(folder: string): string[] {
  if (folder === '') return [];
  if (!folder.endsWith('/')) throw new RangeError(`"${folder}" does not end in "/".`);
  return segmentsOf(folder.slice(0, -1));
}
