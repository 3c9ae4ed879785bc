/**
 * Where the WASM is, in a form that a bundler understands: it copies the file and puts its address here. (A package's
 * `exports` cannot name a file of another package, and `import.meta.resolve` is not followed by bundlers.)
 */
export const wasmUrl = new URL('../node_modules/@vlcn.io/wa-sqlite/dist/crsqlite-sync.wasm', import.meta.url);
