import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The environment variable that names the folder in which a probe writes a file for each thread. */
export const PROBE_FOLDER = 'OCTAVO_PROBE_FOLDER';

/** What a probe has seen since its last note. */
export interface Sample {
  /** Milliseconds since 1970. */
  at: number;
  /** The longest that the thread's event loop could not turn, in milliseconds. */
  heldUpMs: number;
  /** Resident memory of the whole process, in bytes. */
  rss: number;
}

export interface ServerCost {
  rssBytes: number;
  mainThreadHeldUpMs: number;
  databaseThreadHeldUpMs: number;
}

/** The worst of what the probes have noted since a moment (milliseconds since 1970). */
export async function worstSince(folder: string, moment: number): Promise<ServerCost> {
  const cost: ServerCost = { rssBytes: 0, mainThreadHeldUpMs: 0, databaseThreadHeldUpMs: 0 };
  for (const name of await readdir(folder)) {
    const kind = name === 'main' ? 'mainThreadHeldUpMs' : 'databaseThreadHeldUpMs';
    for (const { at, heldUpMs, rss } of await samplesIn(join(folder, name))) {
      if (at < moment) continue;
      cost[kind] = Math.max(cost[kind], heldUpMs);
      cost.rssBytes = Math.max(cost.rssBytes, rss);
    }
  }
  return cost;
}

async function samplesIn(path: string): Promise<Sample[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  // Written by the probe in this folder.
  return lines.map((line) => JSON.parse(line) as Sample);
}
