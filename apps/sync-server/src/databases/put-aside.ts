import { toHex } from '@octavo/protocol/identity.ts';
import type { CellValue } from '@octavo/protocol/value.ts';
import type { Replica } from '@octavo/sync/replica.ts';
import { unpackKey } from '@octavo/sync/storage/packed-key.ts';

/** A change that could not be applied, for an administrator. */
export interface PutAsideChange {
  id: number;
  /** Its author, hexadecimal. */
  site: string;
  table: string;
  /** The primary key of its row; null where it is none. */
  key: CellValue[] | null;
  /** `-1` where it is about the row itself. */
  column: string;
  value: CellValue;
  columnVersion: bigint;
  /** Odd while the row is there, even when the change removes it. */
  causalLength: bigint;
  reason: string;
}

export type PutAsideDecision = 'retry' | 'discard';

export type PutAsideOutcome =
  | { outcome: 'done' }
  /** It still cannot be applied, and why. */
  | { outcome: 'refused'; reason: string }
  /** There is no such change, any more. */
  | { outcome: 'unknown' };

/** What could not be applied and why, the oldest first. */
export function putAsideIn({ quarantine }: Replica): PutAsideChange[] {
  return quarantine.list().map(({ id, change, reason }) => {
    const { siteId, table, column, value, columnVersion, causalLength } = change;
    const key = unpackKey(change.key) ?? null;
    return { id, site: toHex(siteId), table, key, column, value, columnVersion, causalLength, reason };
  });
}

/** Does what an administrator has decided about one of them. */
export function decidePutAside(
  { quarantine, merger }: Replica,
  id: number,
  decision: PutAsideDecision,
): PutAsideOutcome {
  if (quarantine.get(id) === undefined) return { outcome: 'unknown' };
  switch (decision) {
    case 'discard':
      quarantine.discard(id);
      return { outcome: 'done' };
    case 'retry': {
      const reason = merger.retry(id);
      return reason === undefined ? { outcome: 'done' } : { outcome: 'refused', reason };
    }
  }
}
