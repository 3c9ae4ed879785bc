/** SQLite's result codes and flags that this package names, https://www.sqlite.org/rescode.html. */
export const OK = 0;
export const ERROR = 1;
export const BUSY = 5;
export const NOMEM = 7;
export const READONLY = 8;
export const IOERR = 10;
export const CORRUPT = 11;
export const NOTFOUND = 12;
export const FULL = 13;
export const CANTOPEN = 14;
export const MISMATCH = 20;
export const MISUSE = 21;
export const RANGE = 25;
export const ROW = 100;
export const DONE = 101;

export const IOERR_READ = 266;
export const IOERR_SHORT_READ = 522;
export const IOERR_WRITE = 778;
export const IOERR_FSYNC = 1034;
export const IOERR_DIR_FSYNC = 1290;
export const IOERR_TRUNCATE = 1546;
export const IOERR_FSTAT = 1802;
export const IOERR_DELETE = 2570;
export const IOERR_ACCESS = 3338;
export const IOERR_CLOSE = 4106;

export const OPEN_READWRITE = 0x2;
export const OPEN_CREATE = 0x4;
export const OPEN_DELETEONCLOSE = 0x8;
/** Result codes of this connection are the extended ones; the only way to ask for them in this build. */
export const OPEN_EXRESCODE = 0x0200_0000;

export const INTEGER = 1;
export const FLOAT = 2;
export const TEXT = 3;
export const BLOB = 4;
export const NULL = 5;
