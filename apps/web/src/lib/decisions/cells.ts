import type { CellValue } from '@octavo/protocol/value.ts';

/** A row as the replication of the database names it. */
export interface Row {
  table: string;
  key: readonly CellValue[];
}

/** A field of a row, with what it is or was. */
export interface Cell extends Row {
  column: string;
  value: CellValue;
}

/** What stands for the row itself instead of one of its fields: it was made, or removed. */
export const WHOLE_ROW = '-1';
