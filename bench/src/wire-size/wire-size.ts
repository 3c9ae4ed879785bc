import { decodeUpstream } from '@octavo/protocol/frame.ts';
import type { Measure } from '../measure.ts';
import { check, type Scenario } from '../scenario.ts';
import { emptyShop, importInto, stockListBytes } from './books.ts';
import { framesToServer } from './conversation.ts';
import { partsOf } from './parts.ts';
import { bytesOfPeer, type VersionedChange } from './peers-encoding.ts';

/** Ours is promised to be at most this share of the peer's. */
const SHARE_OF_PEER = 1 / 3;

const COUNT_BOOKS = 'SELECT count(*) AS books FROM book';

/** What a shop's books cost on their way to the server, uncompressed, and what the same changes cost in the peer's encoding. */
export const wireSize: Scenario = {
  name: 'wire-size',
  browser: false,
  run: async ({ stockList }) => {
    const client = await emptyShop();
    const server = await emptyShop();
    const books = importInto(client, await stockListBytes(stockList));
    const batches = framesToServer(client, server)
      .map(read)
      .filter(({ changes }) => changes.length > 0);
    const changes = batches.flatMap((batch) => batch.changes);
    check('books at the server', server.database.prepare(COUNT_BOOKS).get(), { books });

    const per = (bytes: number): Measure => ({ value: bytes / changes.length, unit: 'bytes' });
    const bytes = batches.reduce((sum, batch) => sum + batch.bytes, 0);
    const peer = bytesOfPeer(changes);
    const { values, keys } = partsOf(changes);
    return {
      'a change on the wire': { ...per(bytes), atMost: (peer / changes.length) * SHARE_OF_PEER },
      '… of which values': per(values),
      '… of which keys': per(keys),
      '… of which everything else': per(bytes - values - keys),
      'a change in @vlcn.io/ws-common': per(peer),
      [`${books} books, ${changes.length} changes`]: { value: bytes, unit: 'bytes' },
    };
  },
};

function read(frame: Uint8Array): { bytes: number; changes: VersionedChange[] } {
  const message = decodeUpstream(frame);
  if (message.type !== 'batch') return { bytes: frame.length, changes: [] };
  return {
    bytes: frame.length,
    changes: message.transactions.flatMap(({ version, changes }) =>
      changes.map((change) => ({ ...change, version })),
    ),
  };
}
