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
 * Copies the part of a replica's log after a version up to its head, whoever wrote it, in steps that each give a piece of it
 * [CC-1]. The piece that it begins with is what they return: how far it goes is known in the end. Others may write between
 * two steps. Cells move to later versions when they are written again: those that have moved away from what is still to be
 * read are read where they have gone, since it ends where nothing lies ahead of it any more. All of it, and a full copy
 * before it, are the log at that moment, in whichever order they are merged; a beginning of it would not be.
 */
export function* copyLogPart(
  replica: Replica,
  after: DbVersion,
  limits: StretchLimits,
): Generator<Uint8Array<ArrayBuffer>, { header: Uint8Array<ArrayBuffer>; through: DbVersion }> {
  const reader = replica.logReader({ role: 'copy' });
  let position: LogPosition = { version: after, inside: undefined };
  let number = 1;
  while (position.inside !== undefined || position.version < replica.head()) {
    const before = position;
    const head = replica.head();
    const stretch = reader.read(before, head, limits);
    position = stretch.position;
    if (stretch.transactions.length === 0) continue;
    yield encodeLogPartBatch({
      number,
      after: before.version,
      through: position.version,
      head,
      incomplete: position.inside !== undefined,
      continues: before.inside !== undefined,
      backfill: false,
      epochs: [],
      transactions: stretch.transactions,
    });
    number += 1;
  }
  const through = position.version;
  const header = encodeLogPartHeader({
    lineage: replica.foundLineage(),
    siteId: replica.siteId,
    schemaName: replica.schema.name,
    schemaVersion: replica.schema.version,
    epochs: [...epochsUpTo(replica.epochs(), through)],
    after,
    through,
  });
  return { header, through };
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
