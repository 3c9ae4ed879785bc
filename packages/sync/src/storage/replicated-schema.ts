import type { Database } from '@octavo/crsqlite/database.ts';
import type { CellValue } from '@octavo/protocol/value.ts';

/** The storage classes that a STRICT column takes; `any` for tables that are not strict. */
type ColumnClass = 'integer' | 'real' | 'text' | 'blob' | 'any';

interface TableShape {
  /** Classes of the columns that are not in the primary key, by their names. */
  columns: ReadonlyMap<string, ColumnClass>;
  /** The primary key's columns, in the key's order. */
  key: readonly { name: string; class: ColumnClass }[];
}

/** The shape of every replicated table, read once when the file is opened. */
export type ReplicatedSchema = ReadonlyMap<string, TableShape>;

export function readReplicatedSchema(database: Database, tables: readonly string[]): ReplicatedSchema {
  return new Map(
    tables.map((table) => {
      const columns = database
        .prepare<{ name: string; type: string; pk: number }>(
          'SELECT name, type, pk FROM pragma_table_info(?)',
        )
        .all(table);
      const key = columns.filter((column) => column.pk > 0).sort((left, right) => left.pk - right.pk);
      return [
        table,
        {
          columns: new Map(
            columns
              .filter((column) => column.pk === 0)
              .map((column) => [column.name, columnClass(column.type)]),
          ),
          key: key.map(({ name, type }) => ({ name, class: columnClass(type) })),
        },
      ];
    }),
  );
}

function columnClass(declared: string): ColumnClass {
  switch (declared.toUpperCase()) {
    case 'INT':
    case 'INTEGER':
      return 'integer';
    case 'REAL':
      return 'real';
    case 'TEXT':
      return 'text';
    case 'BLOB':
      return 'blob';
    default:
      return 'any';
  }
}

/**
 * Whether a value that is not NULL may stand in a column of this class, as it is. A STRICT table would turn a text '5' into
 * an INTEGER; but cr-sqlite has decided by the class that was sent, and in a key it would be a second identity of one row.
 */
export function fitsClass(value: Exclude<CellValue, null>, expected: ColumnClass): boolean {
  switch (expected) {
    case 'any':
      return true;
    case 'integer':
      return typeof value === 'bigint';
    case 'real':
      return typeof value === 'number';
    case 'text':
      return typeof value === 'string';
    case 'blob':
      return value instanceof Uint8Array;
  }
}
