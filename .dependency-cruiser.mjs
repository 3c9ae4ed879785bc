// Arrows point one way: apps → packages → vendor. Within packages: protocol and rpc depend on nothing of ours,
// sync knows protocol and the interface of a database, shop knows SQL and the same interface.
/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      comment:
        'Two modules that need each other are one module, or want a third. Cycles of types alone are harmless.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'vendor-knows-nobody',
      severity: 'error',
      from: { path: '^vendor' },
      to: { path: '^(apps|packages)' },
    },
    { name: 'packages-know-no-app', severity: 'error', from: { path: '^packages' }, to: { path: '^apps' } },
    {
      name: 'apps-do-not-know-each-other',
      severity: 'error',
      from: { path: '^apps/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^apps/$1/' },
    },
    {
      name: 'protocol-stands-alone',
      severity: 'error',
      from: { path: '^packages/(protocol|rpc)/' },
      to: { path: '^(apps|vendor|packages)', pathNot: '^packages/$1/' },
    },
    {
      name: 'engine-knows-no-file-system',
      severity: 'error',
      comment:
        'The engine and the shop see the interface of a database, never the WASM or a file system (tests may).',
      from: { path: '^packages/(sync|shop)/src', pathNot: '\\.test\\.ts$' },
      to: { path: '^vendor', pathNot: '^vendor/crsqlite/src/(database|errors)\\.ts$' },
    },
    {
      name: 'engine-has-no-io',
      severity: 'error',
      from: { path: '^packages/(protocol|sync|shop)/src', pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'engine-knows-no-shop',
      severity: 'error',
      from: { path: '^packages/sync/src', pathNot: '\\.test\\.ts$' },
      to: { path: '^packages/shop' },
    },
    {
      name: 'nothing-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^\\$|^virtual:' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(\\.svelte-kit|/build/)' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['svelte', 'import', 'node', 'default'],
      extensions: ['.ts', '.js', '.mjs', '.svelte'],
    },
  },
};
