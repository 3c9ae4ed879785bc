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
  /** How much of the time this thread was computing. A hold-up beyond that is the machine's, which had others to serve. */
  workedMs: number;
  /** Resident memory of the whole process, in bytes. */
  rss: number;
}

export interface ServerCost {
  rssBytes: number;
  mainThread: HoldUp;
  databaseThread: HoldUp;
}

export interface ServerUse {
  mainThreadMs: number;
  /** Of the threads that databases live in. */
  otherThreadsMs: number;
  rssBytes: number;
}

/** The longest that a thread's event loop could not turn, in milliseconds. */
export interface HoldUp {
  /** For whatever reason, a busy machine included. */
  any: number;
  /** By the thread's own work. */
  own: number;
}

/** The worst of what the probes have noted since a moment (milliseconds since 1970). */
export async function worstSince(folder: string, moment: number): Promise<ServerCost> {
  const cost: ServerCost = {
    rssBytes: 0,
    mainThread: { any: 0, own: 0 },
    databaseThread: { any: 0, own: 0 },
  };
  for (const name of await readdir(folder)) {
    const thread = name === 'main' ? cost.mainThread : cost.databaseThread;
    for (const { at, heldUpMs, workedMs, rss } of await samplesIn(join(folder, name))) {
      if (at < moment) continue;
      thread.any = Math.max(thread.any, heldUpMs);
      thread.own = Math.max(thread.own, Math.min(heldUpMs, workedMs));
      cost.rssBytes = Math.max(cost.rssBytes, rss);
    }
  }
  return cost;
}

/** What a server used of the processor between two moments (milliseconds since 1970), by thread, and its memory at the end. */
export async function usedBetween(folder: string, from: number, to: number): Promise<ServerUse> {
  const use: ServerUse = { mainThreadMs: 0, otherThreadsMs: 0, rssBytes: 0 };
  for (const name of await readdir(folder)) {
    for (const { at, workedMs, rss } of await samplesIn(join(folder, name))) {
      if (at < from || at > to) continue;
      if (name === 'main') {
        use.mainThreadMs += workedMs;
        use.rssBytes = rss;
      } else use.otherThreadsMs += workedMs;
    }
  }
  return use;
}

async function samplesIn(path: string): Promise<Sample[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').slice(0, -1);
  // Written by the probe in this folder.
  return lines.map((line) => JSON.parse(line) as Sample);
}
