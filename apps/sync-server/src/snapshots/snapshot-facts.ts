import { toHex } from '@octavo/protocol/identity.ts';
import type { SnapshotAccount } from '@octavo/sync/snapshot/snapshot-account.ts';
import * as v from 'valibot';

/** What is known of a snapshot that lies in the data folder. */
export interface SnapshotFacts extends SnapshotAccount {
  /** How many cells the log had. */
  cells: number;
  /** Of the compressed file. */
  bytes: number;
  /** Of the database in it. */
  databaseBytes: number;
  /** Of the compressed file, in hexadecimal. */
  sha256: string;
  /** Wall-clock ms. */
  builtAt: number;
}

const hex = v.pipe(v.string(), v.regex(/^(?:[\da-f]{2})+$/));
const id = v.pipe(
  hex,
  v.length(32),
  v.transform((text) => new Uint8Array(Buffer.from(text, 'hex'))),
);
const version = v.pipe(
  v.string(),
  v.regex(/^\d{1,19}$/),
  v.transform((text) => BigInt(text)),
);
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const noteSchema = v.object({
  lineage: id,
  version,
  epochs: v.array(v.object({ id, firstVersion: version })),
  schemaName: v.string(),
  schemaVersion: count,
  cells: count,
  bytes: count,
  databaseBytes: count,
  sha256: v.pipe(hex, v.length(64)),
  builtAt: count,
});

/** As the note beside the file says it. */
export function toNote(facts: SnapshotFacts): string {
  return JSON.stringify(facts, (_key, value: unknown) => {
    if (typeof value === 'bigint') return String(value);
    return value instanceof Uint8Array ? toHex(value) : value;
  });
}

/** Undefined for what is no note of this version of the server. */
export function fromNote(text: string): SnapshotFacts | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), noteSchema), text);
  return parsed.success ? parsed.output : undefined;
}
