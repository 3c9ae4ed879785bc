// The package ships no types for its builds. They are beside this file, which gives them something to belong to.
export { default } from '@vlcn.io/wa-sqlite/dist/crsqlite-sync.mjs';
