import type { Sink } from '@octavo/rpc/serve.ts';

/** A value that is told to everybody who wants to know, at once and whenever it is another one. */
export class LastValue<Value> {
  readonly #sinks = new Set<Sink<Value>>();
  #value: Value;

  constructor(value: Value) {
    this.#value = value;
  }

  set(value: Value): void {
    this.#value = value;
    for (const sink of this.#sinks) sink.push(value);
  }

  /** Returns the function that ends it. */
  subscribe(sink: Sink<Value>): () => void {
    this.#sinks.add(sink);
    sink.push(this.#value);
    return () => void this.#sinks.delete(sink);
  }
}
