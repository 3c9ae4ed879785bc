import type { NoteSummary } from '@octavo/shop/queries/notes.ts';
import { formatDateTime } from '../format/text.ts';

type Kind = NoteSummary['kind'];

interface KindWords {
  path: string;
  room: string;
  one: string;
  create: string;
}

/** What people call the two kinds of notes. */
export const kindWords: Record<Kind, KindWords> = {
  inbound: { path: '/inbound', room: 'Inbound', one: 'Purchase', create: 'New purchase' },
  outbound: { path: '/outbound', room: 'Outbound', one: 'Sale', create: 'New sale' },
};

/** A note's name, or what it is until it has one. */
export function noteName({
  kind,
  name,
  createdAt,
}: Pick<NoteSummary, 'kind' | 'name' | 'createdAt'>): string {
  if (name !== null) return name;
  const { one } = kindWords[kind];
  return createdAt === null ? one : `${one}, ${formatDateTime(createdAt)}`;
}
