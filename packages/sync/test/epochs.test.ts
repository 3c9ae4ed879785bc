import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Epoch } from '@octavo/protocol/identity.ts';
import { agreement } from '../src/epochs.ts';
import { addBooks, ALL_BOOKS, isbn } from './shop-data.ts';
import { World } from './world/world.ts';

describe('[EP-5] a machine that was away while its clock went on', () => {
  test('begins another epoch with its next write, once', async () => {
    const world = new World();
    const client = await world.offlineClient();
    addBooks(client, 0, 1);
    client.clock.jump(3_600_000);
    addBooks(client, 1, 2);
    addBooks(client, 2, 3);
    expect(client.replica.epochs()).toHaveLength(2);
  });

  test('begins none when the clock was corrected by a little', async () => {
    const world = new World();
    const client = await world.offlineClient();
    addBooks(client, 0, 1);
    client.clock.jump(4_000);
    addBooks(client, 1, 2);
    expect(client.replica.epochs()).toHaveLength(1);
  });
});

describe('[EP-8] a log is state: what is overwritten moves to a later version', () => {
  test('a copy that is restored brings it back to where the reader has been, and the reader goes back to where it was level', async () => {
    const world = new World(1, { bytes: 100_000, changes: 7 });
    const server = await world.server();
    const reader = await world.client();
    await world.until(() => reader.status === 'synced');
    world.network.unplug(reader);
    addBooks(server, 0, 1);
    for (let number = 1; number < 40; number += 1) addBooks(server, number, number + 1);
    const backup = server.disk.clone();
    // The title moves to the end of the log, beyond what the reader gets before the cut.
    server.write((database) =>
      database.prepare('UPDATE book SET title = ? WHERE isbn = ?').run('Later', isbn(0)),
    );
    world.network.plug(reader);
    await world.until(() => reader.all(ALL_BOOKS).length > 5);
    expect(reader.all(ALL_BOOKS)[0]).toMatchObject({ title: null });
    server.kill();

    const restored = await world.server(backup);
    await world.until(() => reader.status === 'synced');
    expect(reader.all(ALL_BOOKS)).toEqual(restored.all(ALL_BOOKS));
    expect(reader.all(ALL_BOOKS)[0]).toMatchObject({ title: 'Book 0' });
  });

  /**
   * A model: a file is a set of cells, each at the version of its last edit. A reader reads stretches of it, each up to
   * a head, and remembers horizon and level points. Whatever is edited, read, backed up and restored in between: after
   * the handshake and reading to the head it holds every cell.
   */
  test('over any history of edits, reads, backups and restores the reader ends with every cell', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ kind: fc.constant('edit' as const), cell: fc.nat(4) }) },
      { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), versions: fc.nat(4) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('backup' as const) }) },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const), which: fc.nat(3) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const file = new ModelFile();
        const reader = new ModelReader(file);
        const backups: ModelFile[] = [];
        for (const action of steps) {
          switch (action.kind) {
            case 'edit':
              file.edit(action.cell);
              break;
            case 'reopen':
              file.inOwnEpoch = false;
              break;
            case 'backup':
              backups.push(file.copy());
              break;
            case 'restore': {
              const backup = backups[action.which % Math.max(1, backups.length)];
              if (backup !== undefined) file.become(backup);
              break;
            }
            case 'read':
              reader.shakeHands();
              reader.read(BigInt(action.versions));
              break;
          }
        }
        reader.shakeHands();
        while (reader.cursor < file.head) reader.read(3n);
        for (const edit of file.cells.values()) expect(reader.held.has(edit.id)).toBe(true);
      }),
      { numRuns: 10_000 },
    );
  });
});

let unique = 0;
const newId = (): number => (unique += 1);
const epochId = (number: number): Uint8Array => new Uint8Array(new Float64Array([number, 0]).buffer);

class ModelFile {
  /** The last edit of each cell: which one, and its version. */
  cells = new Map<number, { id: number; version: bigint }>();
  epochs: Epoch[] = [];
  head = 0n;
  inOwnEpoch = false;

  edit(cell: number): void {
    this.head += 1n;
    if (!this.inOwnEpoch) this.epochs.push({ id: epochId(newId()), firstVersion: this.head });
    this.inOwnEpoch = true;
    this.cells.set(cell, { id: newId(), version: this.head });
  }

  copy(): ModelFile {
    const copy = new ModelFile();
    copy.become(this);
    return copy;
  }

  become(other: ModelFile): void {
    this.cells = new Map(other.cells);
    this.epochs = [...other.epochs];
    this.head = other.head;
    this.inOwnEpoch = false;
  }
}

class ModelReader {
  readonly #file: ModelFile;
  readonly held = new Set<number>();
  cursor = 0n;
  #horizon = 0n;
  #epochs: Epoch[] = [];
  #levelPoints = [0n];

  constructor(file: ModelFile) {
    this.#file = file;
  }

  shakeHands(): void {
    const known = { epochs: this.#epochs, position: this.#horizon };
    const to = agreement(known, { epochs: this.#file.epochs, position: this.#file.head });
    if (to === this.#horizon) return;
    this.#levelPoints = this.#levelPoints.filter((point) => point <= to);
    this.cursor = this.#levelPoints.at(-1) ?? 0n;
    this.#horizon = this.cursor;
    this.#epochs = this.#epochs.filter(({ firstVersion }) => firstVersion <= this.cursor);
  }

  read(versions: bigint): void {
    const { head } = this.#file;
    const through = this.cursor + versions < head ? this.cursor + versions : head;
    for (const { id, version } of this.#file.cells.values())
      if (version > this.cursor && version <= through) this.held.add(id);
    this.cursor = through;
    this.#horizon = head;
    this.#epochs = [...this.#file.epochs];
    if (through === head) this.#levelPoints.push(head);
  }
}
