import type { Epoch } from '@octavo/protocol/identity.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { agreement } from './epochs.ts';

const id = (byte: number): Uint8Array => new Uint8Array(16).fill(byte);
const epochs = (...list: [byte: number, firstVersion: bigint][]): Epoch[] =>
  list.map(([byte, firstVersion]) => ({ id: id(byte), firstVersion }));

describe('[EP-3] two accounts of a log agree', () => {
  test.each<[string, Epoch[], bigint, Epoch[], bigint, bigint]>([
    [
      'up to where the reader stands, when the log only grew',
      epochs([1, 1n]),
      10n,
      epochs([1, 1n], [2, 15n]),
      20n,
      10n,
    ],
    ['up to the head of an older copy', epochs([1, 1n]), 31n, epochs([1, 1n]), 19n, 19n],
    [
      'up to where an older copy was written on, though it is ahead again',
      epochs([1, 1n]),
      31n,
      epochs([1, 1n], [2, 20n]),
      40n,
      19n,
    ],
    [
      'up to where the reader heard of an epoch that the copy never had',
      epochs([1, 1n], [3, 26n]),
      31n,
      epochs([1, 1n]),
      28n,
      25n,
    ],
    ['on nothing without a common epoch', epochs([1, 1n]), 5n, epochs([2, 1n]), 9n, 0n],
    ['on nothing while nothing was read', [], 0n, epochs([1, 1n]), 9n, 0n],
  ])('%s', (_, known, position, actual, head, expected) => {
    expect(agreement({ epochs: known, position }, { epochs: actual, position: head })).toBe(expected);
  });

  /**
   * A model of files: each a list of entries by version and a list of epochs. Openings, writes, backups and restores
   * in any order; a reader follows the live file and remembers what it saw. The rule must find exactly the first
   * difference between what the reader saw and what the live file holds.
   */
  test('exactly up to the first difference, over any history of openings, writes, backups and restores', () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 4 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('read' as const),
          share: fc.double({ min: 0, max: 1, noNaN: true }),
        }),
      },
      { weight: 1, arbitrary: fc.constant({ kind: 'reopen' as const }) },
      { weight: 1, arbitrary: fc.constant({ kind: 'backup' as const }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const), which: fc.nat() }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let unique = 0;
        const next = (): number => (unique += 1);
        const byteId = (number: number): Uint8Array =>
          Uint8Array.from({ length: 16 }, (_, index) =>
            index === 0 ? number % 256 : Math.floor(number / 256),
          );
        let file = { log: [] as number[], epochs: [] as Epoch[] };
        let inOwnEpoch = false;
        const backups: (typeof file)[] = [];
        let seen: number[] = [];
        let seenEpochs: Epoch[] = [];

        for (const action of steps) {
          switch (action.kind) {
            case 'write':
              if (!inOwnEpoch)
                file.epochs.push({ id: byteId(next()), firstVersion: BigInt(file.log.length + 1) });
              inOwnEpoch = true;
              for (let count = action.count; count > 0; count -= 1) file.log.push(next());
              break;
            case 'reopen':
              inOwnEpoch = false;
              break;
            case 'backup':
              backups.push({ log: [...file.log], epochs: [...file.epochs] });
              break;
            case 'restore': {
              const backup = backups[action.which % Math.max(backups.length, 1)];
              if (backup === undefined) break;
              file = { log: [...backup.log], epochs: [...backup.epochs] };
              inOwnEpoch = false;
              break;
            }
            case 'read': {
              const found = agreement(
                { epochs: seenEpochs, position: BigInt(seen.length) },
                { epochs: file.epochs, position: BigInt(file.log.length) },
              );
              const difference = seen.findIndex((entry, index) => entry !== file.log[index]);
              expect(found).toBe(BigInt(difference < 0 ? seen.length : difference));
              // The reader goes back, and reads on to some place: what a handshake and a few batches do.
              const to = Number(found) + Math.round((file.log.length - Number(found)) * action.share);
              seen = file.log.slice(0, to);
              seenEpochs = file.epochs.filter((epoch) => epoch.firstVersion <= BigInt(to));
              break;
            }
          }
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
