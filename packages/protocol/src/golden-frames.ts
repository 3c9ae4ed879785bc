import type { Message } from './messages.ts';

const site = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);

/** One frame of every message, with the bytes it must have: for this code's tests and for clients in other languages. */
export const goldenFrames: readonly { message: Message; hex: string }[] = [
  {
    message: {
      type: 'hello',
      protocolVersion: 1,
      database: 'shop.sqlite3',
      token: undefined,
      siteId: site(1),
      epochs: [{ id: site(2), firstVersion: 1n }],
      head: 300n,
      schemaName: 'octavo-shop',
      schemaVersion: 1,
      lineage: site(3),
      cursor: 7n,
      cursorEpochs: [],
      cursorSchemaVersion: 1,
      offer: { id: site(6), from: 100n, through: 300n },
    },
    hex: '01010c73686f702e73716c697465330001010101010101010101010101010101010202020202020202020202020202020201ac020b6f637461766f2d73686f70010103030303030303030303030303030303070001010606060606060606060606060606060664ac02',
  },
  {
    message: {
      type: 'welcome',
      siteId: site(4),
      lineage: site(3),
      epochs: [],
      head: 9n,
      schemaVersion: 1,
      acknowledged: 299n,
      attention: 0,
    },
    hex: '020404040404040404040404040404040403030303030303030303030303030303000901ab0200',
  },
  { message: { type: 'refuse', reason: 'server-behind', message: 'later' }, hex: '0307056c61746572' },
  {
    message: {
      type: 'batch',
      number: 1,
      after: 10n,
      through: 12n,
      incomplete: false,
      epochs: [{ id: site(7), firstVersion: 11n }],
      transactions: [
        {
          version: 11n,
          changes: [
            {
              table: 'book',
              key: Uint8Array.of(1, 9, 5),
              column: 'title',
              value: 'Emma',
              columnVersion: 1n,
              siteId: site(1),
              causalLength: 1n,
              sequence: 0,
            },
            {
              table: 'book',
              key: Uint8Array.of(1, 9, 5),
              column: 'price',
              value: 1290n,
              columnVersion: 2n,
              siteId: site(1),
              causalLength: 1n,
              sequence: 1,
            },
          ],
        },
        {
          version: 12n,
          changes: [
            {
              table: 'book',
              key: Uint8Array.of(1, 9, 6),
              column: '-1',
              value: null,
              columnVersion: 2n,
              siteId: site(5),
              causalLength: 2n,
              sequence: 4,
            },
            {
              table: 'note',
              key: Uint8Array.of(1, 9, 7),
              column: 'weight',
              value: 1.5,
              columnVersion: 1n,
              siteId: site(1),
              causalLength: 1n,
              sequence: 5,
            },
            {
              table: 'note',
              key: Uint8Array.of(1, 9, 7),
              column: 'cover',
              value: Uint8Array.of(),
              columnVersion: 0n,
              siteId: site(1),
              causalLength: 1n,
              sequence: 6,
            },
          ],
        },
      ],
    },
    hex: '04010a020001070707070707070707070707070707070b0204626f6f6b046e6f746505057469746c65057072696365022d310677656967687405636f7665720201010101010101010101010101010101050505050505050505050505050505050201010003010905010200010304456d6d6104020194140102000301090602010b01040200010301090701020e000102000000000000f83f10000400',
  },
  { message: { type: 'ack', batches: 3, through: 12n, news: 5, attention: 1 }, hex: '05030c0501' },
  { message: { type: 'rewind', to: 8n, offer: site(6) }, hex: '080806060606060606060606060606060606' },
  { message: { type: 'reidentify', acknowledged: 8n }, hex: '0908' },
  { message: { type: 'ping', nonce: 5 }, hex: '0605' },
  { message: { type: 'pong', nonce: 5, head: 12n, acknowledged: 300n }, hex: '07050cac02' },
];
