import type { CarryOver, WhyReplaced } from '#lib/recovery/contract.ts';

const replacements: readonly WhyReplaced[] = ['nuked', 'kept-mine', 'restored', 'snapshot', 'damaged'];
const carryOvers: readonly CarryOver[] = ['unsent', 'everything', 'nothing'];

/** A file that was replaced, and is kept for a while. */
export interface KeptGeneration {
  generation: number;
  /** Wall clock, ms. */
  replacedAt: number;
  why: WhyReplaced;
}

/** A replacement that somebody has asked for and that is not through. */
export interface Replacement {
  /** The file that is being filled. */
  generation: number;
  carry: CarryOver;
  why: WhyReplaced;
  /** The old database's version when it was asked for: what is written later goes along in any case. */
  askedAt: number;
}

/** Which file of a folder is the database, and what the others are. */
export interface GenerationState {
  /** 0 is the file that has the database's plain name. */
  current: number;
  /** The newest last. */
  kept: readonly KeptGeneration[];
  replacement?: Replacement;
}

/** A state as some version of the app wrote it; undefined for anything else. */
export function parseState(text: string): GenerationState | undefined {
  const value = parse(text);
  if (!isRecord(value) || !isGeneration(value['current']) || !Array.isArray(value['kept'])) return undefined;
  const kept = value['kept'].flatMap((entry: unknown) => keptFrom(entry) ?? []);
  const replacement = replacementFrom(value['replacement']);
  return { current: value['current'], kept, ...(replacement !== undefined && { replacement }) };
}

function keptFrom(entry: unknown): KeptGeneration | undefined {
  if (!isRecord(entry)) return undefined;
  const { generation, replacedAt, why } = entry;
  if (!isGeneration(generation) || typeof replacedAt !== 'number') return undefined;
  // A reason of a newer version of the app is no reason to forget somebody's data.
  return { generation, replacedAt, why: replacements.find((known) => known === why) ?? 'nuked' };
}

function replacementFrom(entry: unknown): Replacement | undefined {
  if (!isRecord(entry)) return undefined;
  const { generation, askedAt } = entry;
  const carry = carryOvers.find((known) => known === entry['carry']);
  const why = replacements.find((known) => known === entry['why']);
  if (!isGeneration(generation) || !isGeneration(askedAt) || carry === undefined || why === undefined)
    return undefined;
  return { generation, carry, why, askedAt };
}

function isGeneration(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The checksum was right, so some program wrote this; it is none of ours.
    return undefined;
  }
}
