/** Where a command writes: results on one stream, everything about the way there on the other. */
export interface Output {
  /** A line of the result. */
  result(line: string): void;
  /** A line about what is going on, or about what went wrong. */
  note(line: string): void;
  /** How far it has come; replaces the last one where the stream is a terminal. */
  progress(line: string): void;
  /** No more progress is coming: what follows begins in a line of its own. */
  progressDone(): void;
}

const PROGRESS_INTERVAL_MS = 1_000;

/** Writes to the standard streams, or to what stands for them. */
export function createOutput(
  results: NodeJS.WritableStream,
  notes: NodeJS.WritableStream & { isTTY?: boolean },
): Output {
  let lastProgressAt = -Infinity;
  return {
    result: (line) => void results.write(`${line}\n`),
    note: (line) => void notes.write(`${line}\n`),
    progress: (line) => {
      if (notes.isTTY) {
        notes.write(`\r\u001b[2K${line}`);
        return;
      }
      // A log file wants to see that it goes on, not every step.
      if (performance.now() - lastProgressAt < PROGRESS_INTERVAL_MS) return;
      lastProgressAt = performance.now();
      notes.write(`${line}\n`);
    },
    progressDone: () => {
      if (notes.isTTY) notes.write('\n');
    },
  };
}

/** A number of bytes for people. */
export function bytesInWords(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 ** 2) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
