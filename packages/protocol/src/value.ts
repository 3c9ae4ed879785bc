import type { Codec } from './codec.ts';
import { MAX_VALUE_BYTES } from './limits.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * A cell's value with its SQLite storage class: INTEGER is a `bigint`, REAL a `number`, TEXT a `string`, BLOB a
 * `Uint8Array`, NULL `null`. Ties between replicas are decided by class before value, so a class lost on the way
 * would be a divergence.
 */
export type CellValue = null | bigint | number | string | Uint8Array;

const NULL = 0;
const INTEGER = 1;
const REAL = 2;
const TEXT = 3;
const BLOB = 4;

export const cellValue: Codec<CellValue> = {
  layout: 'value(null|integer:zigzag|real:double|text|blob)',
  write: (writer, value) => {
    switch (typeof value) {
      case 'bigint':
        writer.byte(INTEGER);
        writer.zigzag(value);
        break;
      case 'number':
        writer.byte(REAL);
        writer.double(value);
        break;
      case 'string':
        writer.byte(TEXT);
        writer.text(value);
        break;
      default:
        if (value === null) {
          writer.byte(NULL);
          break;
        }
        writer.byte(BLOB);
        writer.blob(value);
    }
  },
  read: (reader) => {
    const tag = reader.byte();
    switch (tag) {
      case NULL:
        return null;
      case INTEGER:
        return reader.zigzag();
      case REAL: {
        const value = reader.double();
        if (Number.isNaN(value)) throw new ProtocolError('malformed', 'SQLite has no NaN.');
        // -0.0 and 0.0 are equal to SQLite's comparison but not byte by byte.
        return value === 0 ? 0 : value;
      }
      case TEXT:
        return reader.text(MAX_VALUE_BYTES);
      case BLOB:
        return reader.blob(MAX_VALUE_BYTES);
      default:
        throw new ProtocolError('malformed', `Unknown storage class ${tag}.`);
    }
  },
};
