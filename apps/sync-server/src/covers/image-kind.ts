export type ImageKind = 'jpeg' | 'png' | 'webp';

/** What an image is by how it begins; undefined for all that is none of these, whatever it is called. */
export function imageKindOf(bytes: Uint8Array): ImageKind | undefined {
  if (has(bytes, 0, [0xff, 0xd8, 0xff])) return 'jpeg';
  if (has(bytes, 0, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png';
  // "RIFF", a length, "WEBP".
  if (has(bytes, 0, [0x52, 0x49, 0x46, 0x46]) && has(bytes, 8, [0x57, 0x45, 0x42, 0x50])) return 'webp';
  return undefined;
}

function has(bytes: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, index) => bytes[at + index] === byte);
}
