import type { Wasm } from './wasm.ts';

const FIRST_BYTES = 4 * 1024;
/** A larger need is served and given back at the next use. */
const MOST_KEPT_BYTES = 1024 * 1024;

/** One piece of the WASM's memory that is used again and again, so that binding parameters allocates nothing. */
export class ScratchMemory {
  readonly #wasm: Wasm;
  #address = 0;
  #capacity = 0;

  constructor(wasm: Wasm) {
    this.#wasm = wasm;
  }

  /** The address of at least so many bytes, good until the next call. Never null, so that an empty blob is not NULL. */
  reserve(bytes: number): number {
    if (bytes <= this.#capacity && this.#capacity <= MOST_KEPT_BYTES && this.#address !== 0)
      return this.#address;
    this.free();
    const capacity = Math.max(FIRST_BYTES, bytes);
    this.#address = this.#wasm.allocate(capacity);
    this.#capacity = capacity;
    return this.#address;
  }

  free(): void {
    if (this.#address !== 0) this.#wasm.free(this.#address);
    this.#address = 0;
    this.#capacity = 0;
  }
}
