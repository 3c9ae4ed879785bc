/** What travels between a queue of commands and the server that runs them: `POST /:db/commands`. */
import * as v from 'valibot';
import { isbn } from '../fields.ts';

/** Which try this is, from 1: for the server's log only. */
export const ATTEMPT_HEADER = 'octavo-attempt';

/** Of an image as it is uploaded, before it is written as text. */
export const MOST_COVER_BYTES = 5 * 1024 * 1024;

const MOST_NAME_CHARACTERS = 64;

const hexId = v.pipe(
  v.string(),
  v.regex(/^[0-9a-f]{32}$/, 'It has 32 hexadecimal digits, in small letters.'),
);

/** A command as it goes over the wire. It is complete before it is queued: sent again, it is the same one. */
export const commandRequest = v.object({
  id: v.pipe(
    v.string('Give an id.'),
    v.uuid('The id of a command is a UUID.'),
    v.check((id) => id === id.toLowerCase(), 'The id of a command is written in small letters.'),
  ),
  type: v.pipe(v.string('Give a type.'), v.minLength(1), v.maxLength(MOST_NAME_CHARACTERS)),
  payload: v.unknown(),
  /** Of the shop it was decided for: it never runs in another one. */
  lineage: hexId,
  /** The version of what it decides about, as the person saw it; without one, it is not compared. */
  baseVersion: v.optional(v.pipe(v.string(), v.maxLength(MOST_NAME_CHARACTERS))),
  /** The rows it is about are those that this site has written up to here: the server waits until it has them. */
  after: v.optional(
    v.object({ siteId: hexId, dbVersion: v.pipe(v.number(), v.safeInteger(), v.minValue(0)) }),
  ),
});

export type WireCommand = v.InferOutput<typeof commandRequest>;

/** The type of the command that brings an image; the one whose body may be large. */
export const COVER_UPLOAD = 'book.cover.upload';

/** Its payload: a JPEG, PNG or WebP image as base64. */
export const coverPayload = v.object({
  isbn,
  image: v.pipe(v.string('Give an image.'), v.minLength(1, 'Give an image.')),
});

/** What it answers; the cover is at `GET /:db/covers/:hash` by then, and the book names it. */
export interface UploadedCover {
  isbn: string;
  /** SHA-256 of the stored image, hexadecimal. */
  hash: string;
  /** In pixels. */
  width: number;
  height: number;
}

const done = v.object({ id: v.string(), result: v.unknown() });
const conflict = v.object({ error: v.literal('conflict'), message: v.string(), current: v.unknown() });
const errorBody = v.object({ error: v.string(), message: v.string(), details: v.optional(v.unknown()) });

/** What an answer to a command means for whoever keeps it. */
export type CommandVerdict =
  /** It has been done, and the server has a receipt. */
  | { kind: 'done'; result: unknown }
  /** Final: what it decides about has changed; `current` is how it is now. */
  | { kind: 'conflict'; message: string; current: unknown }
  /** The server has another shop under this name: kept, for a person to decide. */
  | { kind: 'other-lineage'; message: string }
  /** Final: it cannot be done, now or later. */
  | { kind: 'refused'; error: string; message: string; details?: unknown }
  /** Nothing is known, or it is too early: kept and tried again. `error` is empty where the answer is not the server's. */
  | { kind: 'later'; status: number; error: string; message: string };

const finalStatuses: ReadonlySet<number> = new Set([400, 404, 413, 422]);

/**
 * Judges an answer. Only what the server itself has written counts as final: a proxy's page, whatever its status, says
 * nothing about the command.
 * @param body - parsed JSON; undefined where it is none.
 */
export function judgeAnswer(id: string, status: number, body: unknown): CommandVerdict {
  if (status === 200 && v.is(done, body) && body.id === id) return { kind: 'done', result: body.result };
  if (status === 409 && v.is(conflict, body)) {
    return { kind: 'conflict', message: body.message, current: body.current };
  }
  if (!v.is(errorBody, body)) return { kind: 'later', status, error: '', message: '' };
  const { error, message, details } = body;
  if (status === 409 && error === 'other-lineage') return { kind: 'other-lineage', message };
  if (!finalStatuses.has(status)) return { kind: 'later', status, error, message };
  return { kind: 'refused', error, message, ...(details === undefined ? {} : { details }) };
}
