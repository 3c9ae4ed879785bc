/** Which server is asked about which shop, and as whom. */
export interface ServerAccess {
  /** The WebSocket URL of the sync server. */
  server: string;
  database: string;
  token: string | null;
}

/** An answer of the sync server about the shop. */
export interface Heard {
  response: Response;
  /** When it was asked for, by the page's monotonic clock, ms. */
  askedAt: number;
}

/** Every request of the page to the sync server about a shop, so that what all answers carry is heard by whoever wants to. */
export class ServerHttp {
  readonly #listeners = new Set<(heard: Heard) => void>();

  /** As `fetch`. */
  async fetch(address: string | URL, init: RequestInit = {}): Promise<Response> {
    const askedAt = performance.now();
    const response = await fetch(address, init);
    for (const listener of this.#listeners) listener({ response, askedAt });
    return response;
  }

  /** Returns the function that ends it. */
  onAnswer(listener: (heard: Heard) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

export const serverHttp = new ServerHttp();
