import type { Replica } from '../replica.ts';
import { differenceWriter } from './apply-difference.ts';
import type { Difference } from './differences.ts';

/**
 * Edits records here as they are in another database, as somebody has chosen them [WO-3]: all of them, or none where one
 * is refused, which throws. Call it within {@link Replica.write}.
 */
export function bringBack(replica: Replica, differences: readonly Difference[]): void {
  const write = differenceWriter(replica);
  for (const difference of differences) write(difference);
}
