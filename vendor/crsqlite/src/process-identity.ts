import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';

/** Who holds a lock: enough to tell whether that process still lives, and to tell a person who it is. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When it started, in clock ticks since the machine booted, and that boot's id: numbers of processes are used again. Null where the system does not tell. */
  readonly started: string | null;
  readonly boot: string | null;
}

/** This process. */
export function ownIdentity(): ProcessIdentity {
  return { host: hostname(), pid: process.pid, started: startOf(process.pid), boot: bootId() };
}

/** Whether a process is gone for certain; on another machine, or where the system does not tell, it may live. */
export function isGone(holder: ProcessIdentity): boolean {
  if (holder.host !== hostname()) return false;
  const boot = bootId();
  if (holder.boot !== null && boot !== null && holder.boot !== boot) return true;
  if (!exists(holder.pid)) return true;
  const started = startOf(holder.pid);
  return holder.started !== null && started !== null && holder.started !== started;
}

function exists(pid: number): boolean {
  try {
    // Signal 0 asks without sending anything.
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Anything but "no such process", as for a process of another user, means that there is one.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

function startOf(pid: number): string | null {
  const stat = readIfThere(`/proc/${pid}/stat`);
  // The second field, a name in parentheses, may contain anything; the start is the 20th after it.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
}

function bootId(): string | null {
  return readIfThere('/proc/sys/kernel/random/boot_id')?.trim() ?? null;
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Only Linux has these files, and a process may end while it is being looked at.
    return null;
  }
}
