import type { ByteReader, ByteWriter } from './bytes.ts';
import { ProtocolError } from './protocol-error.ts';

/**
 * A runtime schema: writes a value, reads and validates it, and describes its layout in a line of text. The static
 * type is inferred from it ({@link Decoded}), and the layouts of all messages are hashed by a test, so that the wire
 * cannot change by accident.
 */
export interface Codec<T> {
  readonly layout: string;
  write(writer: ByteWriter, value: T): void;
  read(reader: ByteReader): T;
}

/** The type of the values of a codec. */
export type Decoded<C> = C extends Codec<infer T> ? T : never;

/** An unsigned integer up to 2^53 - 1. */
export const uint: Codec<number> = {
  layout: 'uint',
  write: (writer, value) => writer.uint(value),
  read: (reader) => reader.uint(),
};

/** An unsigned 64-bit integer: db versions and everything counted with them. */
export const varint: Codec<bigint> = {
  layout: 'varint',
  write: (writer, value) => writer.varint(value),
  read: (reader) => reader.varint(),
};

export const boolean: Codec<boolean> = {
  layout: 'boolean',
  write: (writer, value) => writer.byte(value ? 1 : 0),
  read: (reader) => {
    const byte = reader.byte();
    if (byte > 1) throw new ProtocolError('malformed', `Neither true nor false: ${byte}`);
    return byte === 1;
  },
};

/** UTF-8 of at most `maxBytes`. */
export function text(maxBytes: number): Codec<string> {
  return {
    layout: `text(${maxBytes})`,
    write: (writer, value) => writer.text(value),
    read: (reader) => reader.text(maxBytes),
  };
}

/** Exactly `length` bytes. */
export function bytes(length: number): Codec<Uint8Array> {
  return {
    layout: `bytes(${length})`,
    write: (writer, value) => {
      if (value.length !== length) throw new RangeError(`Expected ${length} bytes, got ${value.length}`);
      writer.raw(value);
    },
    read: (reader) => reader.raw(length),
  };
}

/** A value that may be absent. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    layout: `optional(${codec.layout})`,
    write: (writer, value) => {
      boolean.write(writer, value !== undefined);
      if (value !== undefined) codec.write(writer, value);
    },
    read: (reader) => (boolean.read(reader) ? codec.read(reader) : undefined),
  };
}

/** At most `maxItems` values of one kind. */
export function list<T>(codec: Codec<T>, maxItems: number): Codec<T[]> {
  return {
    layout: `list(${codec.layout},${maxItems})`,
    write: (writer, values) => {
      if (values.length > maxItems)
        throw new RangeError(`${values.length} items are over the limit of ${maxItems}`);
      writer.uint(values.length);
      for (const value of values) codec.write(writer, value);
    },
    read: (reader) => {
      const values: T[] = [];
      for (let count = reader.count(maxItems); count > 0; count -= 1) values.push(codec.read(reader));
      return values;
    },
  };
}

/** One of a closed set of words, sent as its place in the list: append new ones, never reorder. */
export function oneOf<const Word extends string>(words: readonly Word[]): Codec<Word> {
  return {
    layout: `oneOf(${words.join('|')})`,
    write: (writer, value) => writer.uint(words.indexOf(value)),
    read: (reader) => {
      const word = words[reader.uint()];
      if (word === undefined) throw new ProtocolError('malformed', `None of: ${words.join(', ')}`);
      return word;
    },
  };
}

type Fields = Record<string, Codec<unknown>>;
type Struct<F extends Fields> = { [Name in keyof F]: Decoded<F[Name]> };

/** Named fields, written in the order in which they are declared. */
export function struct<F extends Fields>(fields: F): Codec<Struct<F>> {
  const entries = Object.entries(fields);
  return {
    layout: `{${entries.map(([name, codec]) => `${name}:${codec.layout}`).join(',')}}`,
    write: (writer, value) => {
      for (const [name, codec] of entries) codec.write(writer, value[name]);
    },
    read: (reader) => {
      const value: Record<string, unknown> = {};
      for (const [name, codec] of entries) value[name] = codec.read(reader);
      // The loop above has filled every declared field with what its own codec read.
      return value as Struct<F>;
    },
  };
}
