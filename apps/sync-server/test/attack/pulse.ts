import { helloOf, RawClient } from './raw-client.ts';

const INTERVAL_MS = 20;

/** How long answers took, in ms. */
export interface Beats {
  count: number;
  median: number;
  p99: number;
  worst: number;
}

/** A healthy client: pings over its WebSocket and asks over HTTP all the time, and writes down how long it took. */
export class Pulse {
  readonly #url: string;
  readonly #client: RawClient;
  readonly #pings: number[] = [];
  readonly #requests: number[] = [];
  /** Settles when it was stopped; rejects when it was not answered. */
  readonly beats: Promise<{ pings: Beats; requests: Beats }>;
  #ended = false;

  private constructor(url: string, client: RawClient, token: string) {
    this.#url = url;
    this.#client = client;
    this.beats = this.#beat({ authorization: `Bearer ${token}` });
  }

  static async start(url: string, token: string): Promise<Pulse> {
    const client = new RawClient(url);
    await client.opened();
    client.say(helloOf({ token }));
    const answer = await client.next('welcome');
    if (typeof answer === 'string') throw new Error(`The healthy client was not let in: ${answer}.`);
    return new Pulse(url, client, token);
  }

  stop(): void {
    this.#ended = true;
  }

  async #beat(headers: Record<string, string>): Promise<{ pings: Beats; requests: Beats }> {
    await Promise.all([this.#ping(), this.#ask(headers)]);
    this.#client.socket.terminate();
    return { pings: summary(this.#pings), requests: summary(this.#requests) };
  }

  async #ping(): Promise<void> {
    for (let nonce = 1; !this.#ended; nonce += 1) {
      const began = performance.now();
      this.#client.say({ type: 'ping', nonce });
      const pong = await this.#client.next('pong');
      if (typeof pong === 'string') throw new Error(`The healthy client was disconnected: ${pong}.`);
      this.#pings.push(performance.now() - began);
      await pause();
    }
  }

  async #ask(headers: Record<string, string>): Promise<void> {
    while (!this.#ended) {
      const began = performance.now();
      const answer = await fetch(`${this.#url}/shop.sqlite3/meta`, { headers });
      await answer.arrayBuffer();
      if (answer.status !== 200) throw new Error(`The healthy client was answered ${answer.status}.`);
      this.#requests.push(performance.now() - began);
      await pause();
    }
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
}

function summary(times: readonly number[]): Beats {
  const sorted = times.toSorted((one, other) => one - other);
  const at = (part: number): number => Math.round(sorted[Math.floor(part * (sorted.length - 1))] ?? 0);
  return { count: sorted.length, median: at(0.5), p99: at(0.99), worst: at(1) };
}
