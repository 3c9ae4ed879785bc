import { ByteReader } from '@octavo/protocol/bytes.ts';
import { definitions } from '@octavo/protocol/messages.ts';

const names = new Map(definitions.map(({ code, name }) => [code, name]));
const COMPRESSED = 10;

/** What has happened in the worlds that were run: shows that the faults reach the code that is there for them. */
export class Coverage {
  readonly #counts = new Map<string, number>();

  count(event: string, times = 1): void {
    this.#counts.set(event, (this.#counts.get(event) ?? 0) + times);
  }

  of(event: string): number {
    return this.#counts.get(event) ?? 0;
  }

  /** A frame went over the wire. */
  frame(bytes: Uint8Array): void {
    const code = bytes[0] ?? 0;
    if (code === COMPRESSED) this.count('frame compressed');
    const name = names.get(code);
    if (name === undefined) return;
    this.count(`frame ${name}`);
    if (name !== 'batch') return;
    const reader = new ByteReader(bytes.subarray(1));
    reader.uint();
    reader.varint();
    reader.varint();
    const flags = reader.byte();
    if ((flags & 1) !== 0) this.count('batch incomplete');
    if ((flags & 2) !== 0) this.count('batch continues');
    if ((flags & 4) !== 0) this.count('batch backfill');
  }

  /** Adds what another one has counted. */
  add(other: Coverage): void {
    for (const [event, times] of other.#counts) this.count(event, times);
  }

  /** One line for each event, in alphabetical order. */
  lines(): string[] {
    return [...this.#counts]
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([event, times]) => `${event.padEnd(32)} ${times}`);
  }
}
