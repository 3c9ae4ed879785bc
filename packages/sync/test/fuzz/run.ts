import { toHex } from '@octavo/protocol/identity.ts';
import { fuzzClient } from './client-session.ts';
import { fuzzServer } from './server-session.ts';
import type { Tampered } from './tamperer.ts';

export const targets = { server: fuzzServer, client: fuzzClient } as const;
export type Target = keyof typeof targets;

/** Frames named when something went wrong: the last is the likely cause. */
const FRAMES_SHOWN = 5;

/** Runs one seed. Returns what went wrong with the last frames that were tampered with, in hex, or undefined. */
export async function fuzz(target: Target, seed: number): Promise<string | undefined> {
  const tampered: Tampered[] = [];
  try {
    await targets[target](seed, (what) => {
      tampered.push(what);
      if (tampered.length > FRAMES_SHOWN) tampered.shift();
    });
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const frames = tampered.map(({ how, frame }) => `  ${how} ${toHex(frame)}`);
    return [`${target}, seed ${seed}: ${message}`, 'Tampered with, the latest last:', ...frames].join('\n');
  }
}
