import type { CopyKind } from './copy-keys.ts';

/** What was uploaded of a database since the start. */
export interface Uploads {
  objects: number;
  bytes: number;
  /** Parts within the last day. */
  partsPerDay: number;
  /** Of the last copy of the file, which is compressed. */
  snapshotBytes: number | undefined;
  /** How long that took, reading it back included. */
  snapshotMs: number | undefined;
  /** How long the last part took. */
  partMs: number | undefined;
}

const DAY_MS = 24 * 60 * 60_000;
const HOUR_MS = 60 * 60_000;

const none: Uploads = {
  objects: 0,
  bytes: 0,
  partsPerDay: 0,
  snapshotBytes: undefined,
  snapshotMs: undefined,
  partMs: undefined,
};

/** Counts what is uploaded, by database. */
export class UploadCounts {
  readonly #uploads = new Map<string, Omit<Uploads, 'partsPerDay'>>();
  /** Parts by the hour in which they went out. */
  readonly #hours = new Map<string, Map<number, number>>();
  readonly #wall: () => number;

  constructor(wall: () => number) {
    this.#wall = wall;
  }

  of(name: string): Uploads {
    const now = this.#wall();
    let partsPerDay = 0;
    for (const [hour, parts] of this.#hours.get(name) ?? [])
      if (hour * HOUR_MS > now - DAY_MS) partsPerDay += parts;
    return { ...none, ...this.#uploads.get(name), partsPerDay };
  }

  count(name: string, upload: { kind: CopyKind; bytes: number; milliseconds: number }): void {
    const { kind, bytes, milliseconds } = upload;
    const before = this.#uploads.get(name) ?? none;
    const last =
      kind === 'snapshot' ? { snapshotBytes: bytes, snapshotMs: milliseconds } : { partMs: milliseconds };
    this.#uploads.set(name, {
      ...before,
      ...last,
      objects: before.objects + 1,
      bytes: before.bytes + bytes,
    });
    if (kind === 'changes') this.#countPart(name);
  }

  #countPart(name: string): void {
    const hour = Math.floor(this.#wall() / HOUR_MS);
    const hours = this.#hours.get(name) ?? new Map<number, number>();
    this.#hours.set(name, hours);
    hours.set(hour, (hours.get(hour) ?? 0) + 1);
    for (const known of hours.keys()) if (known <= hour - 24) hours.delete(known);
  }
}
