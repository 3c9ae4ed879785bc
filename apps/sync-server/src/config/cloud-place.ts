import { resolve } from 'node:path';

/** Where copies of the databases go. */
export type CloudPlace =
  | { kind: 'off' }
  /** An absolute path; undefined for `cloud` in the data folder. */
  | { kind: 'folder'; path: string | undefined }
  /** A bucket; the prefix is empty or ends in `/`. */
  | { kind: 's3'; bucket: string; prefix: string };

export const cloudPlaceHelp =
  'It must be "off", "file", "file:<folder>" or "s3://<bucket>/<prefix>", with letters, digits, "-", "_", "." in the names.';

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const prefixPart = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

/** Reads what OCTAVO_CLOUD says; undefined when it makes no sense. */
export function parseCloudPlace(text: string): CloudPlace | undefined {
  if (text === 'off') return { kind: 'off' };
  if (text === 'file') return { kind: 'folder', path: undefined };
  if (text.startsWith('file:')) return parseFolder(text.slice('file:'.length));
  if (text.startsWith('s3://')) return parseBucket(text.slice('s3://'.length));
  return undefined;
}

function parseFolder(text: string): CloudPlace | undefined {
  // A URL with slashes is an absolute path, as browsers write it.
  const path = text.startsWith('///') ? text.slice(2) : text;
  if (path === '' || path.startsWith('//')) return undefined;
  return { kind: 'folder', path: resolve(path) };
}

function parseBucket(text: string): CloudPlace | undefined {
  const [bucket = '', ...rest] = text.split('/');
  const parts = rest.filter((part) => part !== '');
  if (!bucketName.test(bucket) || !parts.every((part) => prefixPart.test(part))) return undefined;
  return { kind: 's3', bucket, prefix: parts.map((part) => `${part}/`).join('') };
}
