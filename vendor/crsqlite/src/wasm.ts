import createModule, { type EmscriptenModule } from './crsqlite-sync.mjs';
import { SqliteError } from './errors.ts';
import { NOMEM } from './result-codes.ts';

/**
 * Two callbacks are taken where the WASM imports them, under the names that this build's minifier gave them: the package's
 * own wrappers decode every string of every call, and they are called for each row that changes and for each
 * column of each statement that is compiled. `artefact.test.ts` notices a build with other names.
 */
export const UPDATE_HOOK_IMPORT = 'I';
export const AUTHORIZER_IMPORT = 'ta';
const PERMITTED = 0;

/** What the WASM calls back; whoever wants to know puts a function here. */
export interface Callbacks {
  /** For each row of a rowid table that is inserted, updated or deleted; the address is the table's name. */
  rowChanged: (tableName: number) => void;
  /** For each thing that a statement being compiled will do, https://www.sqlite.org/c3ref/c_alter_table.html. */
  actionCompiled: (action: number, subject: number, trigger: number) => void;
}

const LOOP_LENGTH_BYTES = 24;
/** A byte order mark is part of the text, not of its encoding. */
const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const encoder = new TextEncoder();

/** One instance of the WASM: its functions, its memory and its two callbacks. One per database, thrown away with it. */
export class Wasm {
  readonly call: EmscriptenModule;
  readonly callbacks: Callbacks;
  #memory: Uint8Array;

  private constructor(module: EmscriptenModule, callbacks: Callbacks) {
    this.callbacks = callbacks;
    this.#memory = module.HEAPU8;
    this.call = module;
  }

  /** A new instance. It shares nothing with others but the compiled code. */
  static async instantiate(compiled: WebAssembly.Module): Promise<Wasm> {
    const callbacks: Callbacks = { rowChanged: () => undefined, actionCompiled: () => undefined };
    let refuse: (reason: unknown) => void = () => undefined;
    const refused = new Promise<never>((_resolve, reject) => (refuse = reject));
    const ready = createModule({
      instantiateWasm(imports, done) {
        const own = imports['a'] ?? {};
        own[UPDATE_HOOK_IMPORT] = (_id: number, _operation: number, _schema: number, table: number): void => {
          callbacks.rowChanged(table);
        };
        own[AUTHORIZER_IMPORT] = (
          _database: number,
          action: number,
          subject: number,
          _detail: number,
          _schema: number,
          trigger: number,
        ): number => {
          callbacks.actionCompiled(action, subject, trigger);
          return PERMITTED;
        };
        WebAssembly.instantiate(compiled, { a: own as WebAssembly.ModuleImports }).then(done, refuse);
        return {};
      },
      // Nothing of SQLite or cr-sqlite prints; what a panic says also comes as the message of the trap.
      print: () => undefined,
      printErr: () => undefined,
    });
    return new Wasm(await Promise.race([ready, refused]), callbacks);
  }

  /** The memory as it is now; growing replaces it, so a view is good until the next call into the WASM. */
  get memory(): Uint8Array {
    if (this.#memory.byteLength === 0) this.#memory = this.call.HEAPU8;
    return this.#memory;
  }

  registerVfs(vfs: object): number {
    return this.call.registerVFS(vfs, true);
  }

  /** The text of a known length in bytes, which may contain NUL. */
  text(address: number, bytes: number): string {
    const memory = this.memory;
    const end = address + bytes;
    if (bytes > LOOP_LENGTH_BYTES) return decoder.decode(memory.subarray(address, end));
    let text = '';
    for (let at = address; at < end; at += 1) {
      const byte = memory[at] ?? 0;
      if (byte > 0x7f) return decoder.decode(memory.subarray(address, end));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  /** The text that ends before the next NUL; empty for a null pointer. */
  terminatedText(address: number): string {
    if (address === 0) return '';
    return this.text(address, this.memory.indexOf(0, address) - address);
  }

  readInt32(address: number): number {
    const memory = this.memory;
    return new DataView(memory.buffer, memory.byteOffset).getInt32(address, true);
  }

  /** A NUL-terminated copy of the text in newly allocated memory; the caller frees it. */
  allocateText(text: string): { address: number; bytes: number } {
    const encoded = encoder.encode(text);
    const address = this.allocate(encoded.byteLength + 1);
    const memory = this.memory;
    memory.set(encoded, address);
    memory[address + encoded.byteLength] = 0;
    return { address, bytes: encoded.byteLength };
  }

  /** Writes a text at an address that has room for three bytes per UTF-16 unit; returns its length in bytes. */
  writeText(text: string, address: number): number {
    const memory = this.memory;
    const length = text.length;
    if (length <= LOOP_LENGTH_BYTES) {
      let at = 0;
      for (; at < length; at += 1) {
        const unit = text.charCodeAt(at);
        if (unit > 0x7f) break;
        memory[address + at] = unit;
      }
      if (at === length) return length;
    }
    return encoder.encodeInto(text, memory.subarray(address, address + length * 3)).written;
  }

  /** @throws SqliteError when the memory of the instance, at most 2 GiB, is used up. */
  allocate(bytes: number): number {
    const address = this.call._malloc(bytes);
    if (address === 0) throw new SqliteError(`The WASM instance has no room for ${bytes} more bytes.`, NOMEM);
    return address;
  }

  free(address: number): void {
    this.call._free(address);
  }
}
