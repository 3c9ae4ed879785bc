import type { ByteReader, ByteWriter } from './bytes.ts';
import type { Change, Transaction } from './change.ts';
import { type Codec, list } from './codec.ts';
import { type DbVersion, epoch, type Epoch, ID_BYTES, sameId } from './identity.ts';
import { MAX_DB_VERSION, MAX_EPOCHS, MAX_FRAME_BYTES, MAX_KEY_BYTES, MAX_NAME_BYTES } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';
import { cellValue } from './value.ts';

/**
 * A stretch of the sender's log.
 *
 * Layout: `number, after, through, head, flags, epochs, tables, columns, sites, transactions`. Names and site ids are sent once per
 * batch and referred to by their index. Consecutive changes of one row share its table, key and causal length. A
 * cell's header is `column << 2 | other site << 1 | sequence jumps`: the common cell costs one byte and its value.
 */
export interface Batch {
  /** Counts the batches of this connection and direction from 1. */
  number: number;
  /** The receiver's cursor before this batch. */
  after: DbVersion;
  /** The receiver's cursor when this batch is merged; equal to `after` while a transaction is still incomplete. */
  through: DbVersion;
  /**
   * The sender's head when it read this. Cells may have moved from here to versions up to it; the receiver has all of a
   * log only where its cursor has caught up with the head that it was read under.
   */
  head: DbVersion;
  /** The last transaction goes on in the next batch: nothing of it may become visible before its end has come. */
  incomplete: boolean;
  /** The first transaction goes on from what the receiver has staged; otherwise that is void. */
  continues: boolean;
  /** Versions are places in the backfill, not in the stream that the cursor follows. */
  backfill: boolean;
  /** Epochs of the sender that were not told before, up to the head. */
  epochs: Epoch[];
  transactions: Transaction[];
}

const epochs = list(epoch, MAX_EPOCHS);

/** A list of distinct values in the order of their first use. */
class Dictionary<T> {
  readonly values: T[] = [];
  readonly #indexByKey = new Map<string, number>();

  indexOf(value: T, key: string): number {
    const known = this.#indexByKey.get(key);
    if (known !== undefined) return known;
    this.values.push(value);
    this.#indexByKey.set(key, this.values.length - 1);
    return this.values.length - 1;
  }
}

/** Site ids are few and mostly the same object or bytes as the one before: a linear search beats hashing. */
class SiteDictionary {
  readonly values: Uint8Array[] = [];

  indexOf(siteId: Uint8Array): number {
    for (let index = 0; index < this.values.length; index += 1) {
      const known = this.values[index];
      if (known !== undefined && (known === siteId || sameId(known, siteId))) return index;
    }
    this.values.push(siteId);
    return this.values.length - 1;
  }
}

/** Consecutive changes of one row. */
interface RowRun {
  table: number;
  key: Uint8Array;
  causalLength: bigint;
  cells: Change[];
}

export const batch: Codec<Batch> = {
  layout:
    `batch(number:uint,after:varint,through-after:varint,head-through:varint,flags:byte,epochs:${epochs.layout},tables:[text],columns:[text],sites:[bytes(16)],` +
    'transactions:[version-after:varint,rows:[table:uint,key:blob,causalLength:varint,' +
    'cells:[header:uint,site?:uint,sequence?:uint,columnVersion:varint,value]]])',
  write: writeBatch,
  read: readBatch,
};

function writeBatch(writer: ByteWriter, value: Batch): void {
  writer.uint(value.number);
  writer.varint(value.after);
  writer.varint(value.through - value.after);
  writer.varint(value.head - value.through);
  writer.byte((value.incomplete ? 1 : 0) + (value.continues ? 2 : 0) + (value.backfill ? 4 : 0));
  epochs.write(writer, value.epochs);

  const tables = new Dictionary<string>();
  const columns = new Dictionary<string>();
  const sites = new SiteDictionary();
  const runsByTransaction = value.transactions.map((transaction) => {
    for (const change of transaction.changes) {
      columns.indexOf(change.column, change.column);
      sites.indexOf(change.siteId);
    }
    return rowRuns(transaction.changes, tables);
  });

  writer.uint(tables.values.length);
  for (const table of tables.values) writer.text(table);
  writer.uint(columns.values.length);
  for (const column of columns.values) writer.text(column);
  writer.uint(sites.values.length);
  for (const site of sites.values) writer.raw(site);

  writer.uint(value.transactions.length);
  let version = value.after;
  for (const [index, transaction] of value.transactions.entries()) {
    writer.varint(transaction.version - version);
    version = transaction.version;
    const runs = runsByTransaction[index] ?? [];
    writer.uint(runs.length);
    let nextSequence = 0;
    let previousSite = 0;
    for (const run of runs) {
      writer.uint(run.table);
      writer.blob(run.key);
      writer.varint(run.causalLength);
      writer.uint(run.cells.length);
      for (const cell of run.cells) {
        const site = sites.indexOf(cell.siteId);
        const otherSite = site !== previousSite;
        const jumps = cell.sequence !== nextSequence;
        writer.uint(columns.indexOf(cell.column, cell.column) * 4 + (otherSite ? 2 : 0) + (jumps ? 1 : 0));
        if (otherSite) writer.uint(site);
        if (jumps) writer.uint(cell.sequence);
        writer.varint(cell.columnVersion);
        cellValue.write(writer, cell.value);
        previousSite = site;
        nextSequence = cell.sequence + 1;
      }
    }
  }
}

function rowRuns(changes: readonly Change[], tables: Dictionary<string>): RowRun[] {
  const runs: RowRun[] = [];
  let run: RowRun | undefined;
  for (const change of changes) {
    const table = tables.indexOf(change.table, change.table);
    if (run?.table !== table || run.causalLength !== change.causalLength || !sameId(run.key, change.key)) {
      run = { table, key: change.key, causalLength: change.causalLength, cells: [] };
      runs.push(run);
    }
    run.cells.push(change);
  }
  return runs;
}

function readBatch(reader: ByteReader): Batch {
  const number = reader.uint();
  const after = reader.varint();
  const through = after + reader.varint();
  const head = through + reader.varint();
  if (head > MAX_DB_VERSION) throw new ProtocolError('malformed', `Version ${head} is impossible.`);
  const flags = reader.byte();
  if (flags > 7) throw new ProtocolError('malformed', `Unknown batch flags ${flags}.`);
  const begun = epochs.read(reader);

  const tables = readList(reader, () => reader.text(MAX_NAME_BYTES));
  const columns = readList(reader, () => reader.text(MAX_NAME_BYTES));
  const sites = readList(reader, () => reader.raw(ID_BYTES));

  const transactions: Transaction[] = [];
  let version = after;
  for (let left = reader.count(MAX_FRAME_BYTES); left > 0; left -= 1) {
    version += reader.varint();
    if (version > MAX_DB_VERSION) throw new ProtocolError('malformed', `Version ${version} is impossible.`);
    const changes: Change[] = [];
    let nextSequence = 0;
    let site = 0;
    for (let rows = reader.count(MAX_FRAME_BYTES); rows > 0; rows -= 1) {
      const table = entry(tables, reader.uint());
      const key = reader.blob(MAX_KEY_BYTES);
      const causalLength = reader.varint();
      for (let cells = reader.count(MAX_FRAME_BYTES); cells > 0; cells -= 1) {
        const header = reader.uint();
        if ((header & 2) !== 0) site = reader.uint();
        const sequence = (header & 1) !== 0 ? reader.uint() : nextSequence;
        const columnVersion = reader.varint();
        const value = cellValue.read(reader);
        const column = entry(columns, Math.floor(header / 4));
        changes.push({
          table,
          key,
          column,
          value,
          columnVersion,
          siteId: entry(sites, site),
          causalLength,
          sequence,
        });
        nextSequence = sequence + 1;
      }
    }
    transactions.push({ version, changes });
  }
  return {
    number,
    after,
    through,
    head,
    incomplete: (flags & 1) !== 0,
    continues: (flags & 2) !== 0,
    backfill: (flags & 4) !== 0,
    epochs: begun,
    transactions,
  };
}

function readList<T>(reader: ByteReader, read: () => T): T[] {
  const values: T[] = [];
  for (let left = reader.count(MAX_FRAME_BYTES); left > 0; left -= 1) values.push(read());
  return values;
}

function entry<T>(values: readonly T[], index: number): T {
  const value = values[index];
  if (value === undefined)
    throw new ProtocolError('malformed', `Index ${index} is not in the batch's dictionary.`);
  return value;
}
