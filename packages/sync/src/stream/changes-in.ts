import type { Batch } from '@octavo/protocol/batch.ts';

/** How many changes a batch holds. */
export function changesIn({ transactions }: Batch): number {
  return transactions.reduce((sum, { changes }) => sum + changes.length, 0);
}
