/** The part of the Emscripten module that is used here. Addresses and lengths are bytes of its memory. */
export interface EmscriptenModule {
  /** A view of the memory; replaced by a new one when the memory grows. */
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  _sqlite3_open_v2(name: number, outDatabase: number, flags: number, vfs: number): number;
  _sqlite3_close(database: number): number;
  _sqlite3_errmsg(database: number): number;
  _sqlite3_libversion(): number;
  _sqlite3_changes(database: number): number;
  _sqlite3_get_autocommit(database: number): number;
  _sqlite3_prepare_v2(
    database: number,
    sql: number,
    bytes: number,
    outStatement: number,
    outTail: number,
  ): number;
  _sqlite3_step(statement: number): number;
  _sqlite3_reset(statement: number): number;
  _sqlite3_finalize(statement: number): number;
  _sqlite3_bind_parameter_count(statement: number): number;
  _sqlite3_bind_null(statement: number, index: number): number;
  _sqlite3_bind_double(statement: number, index: number, value: number): number;
  _sqlite3_bind_int64(statement: number, index: number, low32: number, high32: number): number;
  _sqlite3_bind_text(
    statement: number,
    index: number,
    address: number,
    bytes: number,
    destructor: number,
  ): number;
  _sqlite3_bind_blob(
    statement: number,
    index: number,
    address: number,
    bytes: number,
    destructor: number,
  ): number;
  _sqlite3_column_count(statement: number): number;
  _sqlite3_column_name(statement: number, index: number): number;
  _sqlite3_column_type(statement: number, index: number): number;
  _sqlite3_column_double(statement: number, index: number): number;
  /** The lower half; the upper one is then in `getTempRet0`. */
  _sqlite3_column_int64(statement: number, index: number): number;
  _sqlite3_column_text(statement: number, index: number): number;
  _sqlite3_column_blob(statement: number, index: number): number;
  _sqlite3_column_bytes(statement: number, index: number): number;
  _set_authorizer(database: number): number;
  _update_hook(database: number, id: number): void;
  getTempRet0(): number;
  registerVFS(vfs: object, makeDefault: boolean): number;
}

export interface ModuleOptions {
  /** Emscripten's hook for instantiating by other means than its own; it must return an object. */
  instantiateWasm(
    imports: Record<string, Record<string, unknown>>,
    done: (instance: WebAssembly.Instance) => void,
  ): object;
  print(line: string): void;
  printErr(line: string): void;
}

export default function createModule(options: ModuleOptions): Promise<EmscriptenModule>;
