import {
  decodeLogPart,
  encodeLogPartBatch,
  encodeLogPartHeader,
  type LogPartHeader,
} from '@octavo/protocol/log-part.ts';
import type { Transaction } from '@octavo/protocol/change.ts';
import { type DbVersion, sameId } from '@octavo/protocol/identity.ts';
import { epochsUpTo } from '../epochs.ts';
import type { Replica } from '../replica.ts';
import type { LogPosition, StretchLimits } from '../storage/log-stretch.ts';
import { LogPartError } from './log-part-error.ts';

/**
 * Copies the part of a replica's log after a version up to its head, whoever wrote it, as pieces that follow one another
 * [CC-1]. Since cells move to later versions when they are written again, a part has their values of the moment in which
 * it was copied; a full copy and all parts after it, merged in any order, are the log at the end of the last one. All of it
 * has to be read in one turn.
 */
export function* copyLogPart(
  replica: Replica,
  after: DbVersion,
  limits: StretchLimits,
): Generator<Uint8Array<ArrayBuffer>, void> {
  const through = replica.head();
  yield encodeLogPartHeader({
    lineage: replica.foundLineage(),
    siteId: replica.siteId,
    schemaName: replica.schema.name,
    schemaVersion: replica.schema.version,
    epochs: [...epochsUpTo(replica.epochs(), through)],
    after,
    through,
  });
  const reader = replica.logReader({ role: 'copy' });
  let position: LogPosition = { version: after, inside: undefined };
  for (let number = 1; position.inside !== undefined || position.version < through; number += 1) {
    const before = position;
    const stretch = reader.read(before, through, limits);
    position = stretch.position;
    if (stretch.transactions.length === 0) continue;
    yield encodeLogPartBatch({
      number,
      after: before.version,
      through: position.version,
      head: through,
      incomplete: position.inside !== undefined,
      continues: before.inside !== undefined,
      backfill: false,
      epochs: [],
      transactions: stretch.transactions,
    });
  }
}

/**
 * Merges a part of another site's log, or of this file's own before it was put back, one step per batch [CC-2]. Merging it
 * again, or parts in another order, comes to the same. Returns what it was, and how much of it was news.
 *
 * @throws LogPartError for a part of another shop, or of a newer schema; ProtocolError for bytes that are none.
 */
export function* mergeLogPart(
  replica: Replica,
  part: Uint8Array,
): Generator<void, { header: LogPartHeader; news: number }> {
  const { header, batches } = decodeLogPart(part);
  const lineage = replica.lineage();
  if (lineage === undefined || !sameId(header.lineage, lineage))
    throw new LogPartError('other-lineage', 'It is of another shop than the database.');
  if (header.schemaName !== replica.schema.name)
    throw new LogPartError('other-schema', `It is of a "${header.schemaName}".`);
  if (header.schemaVersion > replica.schema.version)
    throw new LogPartError(
      'newer-schema',
      `It was written with version ${header.schemaVersion} of the schema, this program knows ${replica.schema.version}.`,
    );
  let news = 0;
  for (const { transactions } of batches) {
    news += mergeTransactions(replica, transactions);
    yield;
  }
  return { header, news };
}

/**
 * Merges everything that another copy of the same shop holds, whoever wrote it, one step per batch [CC-2]. Nobody may write to
 * the other one meanwhile. Returns how much of it was news. @throws LogPartError for another shop
 */
export function* mergeCopy(replica: Replica, other: Replica, limits: StretchLimits): Generator<void, number> {
  const [own, others] = [replica.lineage(), other.lineage()];
  if (own === undefined || others === undefined || !sameId(own, others))
    throw new LogPartError('other-lineage', 'It is of another shop than the database.');
  const through = other.head();
  const reader = other.logReader({ role: 'copy' });
  let position: LogPosition = { version: 0n, inside: undefined };
  let news = 0;
  while (position.inside !== undefined || position.version < through) {
    const stretch = reader.read(position, through, limits);
    position = stretch.position;
    if (stretch.transactions.length > 0) news += mergeTransactions(replica, stretch.transactions);
    yield;
  }
  return news;
}

function mergeTransactions(replica: Replica, transactions: readonly Transaction[]): number {
  return replica.merger.merge(transactions, {
    ownWork: false,
    acknowledged: undefined,
    // Its authors may lack it themselves by now.
    record: (versions) => replica.returned.add(versions, replica.head()),
  }).news;
}
