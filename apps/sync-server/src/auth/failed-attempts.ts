import { isIPv6 } from 'node:net';

const WINDOW_MS = 60_000;
/** Addresses that are remembered at a time: more make the oldest forgotten, not the server full. */
const MAX_ADDRESSES = 10_000;

/** Counts failed attempts to sign in, by address, within a minute of the first. */
export class FailedAttempts {
  readonly #limit: number;
  readonly #now: () => number;
  readonly #failures = new Map<string, { count: number; until: number }>();

  constructor(limit: number, now: () => number = () => performance.now()) {
    this.#limit = limit;
    this.#now = now;
  }

  /** How long an address has to wait before it is heard again, in ms; 0 when it does not. */
  waitOf(address: string): number {
    const known = this.#failures.get(networkOf(address));
    if (known === undefined || known.count < this.#limit) return 0;
    return Math.max(0, known.until - this.#now());
  }

  add(address: string): void {
    const network = networkOf(address);
    const now = this.#now();
    const known = this.#failures.get(network);
    if (known !== undefined && known.until > now) {
      known.count += 1;
      return;
    }
    this.#failures.delete(network);
    const [oldest] = this.#failures.keys();
    if (this.#failures.size >= MAX_ADDRESSES && oldest !== undefined) this.#failures.delete(oldest);
    this.#failures.set(network, { count: 1, until: now + WINDOW_MS });
  }
}

/** Who has one IPv6 address has at least 2^64 of them. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  while (tail !== undefined && groups.length + after.length < 8) groups.push('0');
  const whole = [...groups, ...after].map((group) => group.replace(/^0+(?=.)/, '').toLowerCase());
  return `${whole.slice(0, 4).join(':')}::/64`;
}
