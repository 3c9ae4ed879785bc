/** Every setting of a connection, in the order in which they are made, each with its reason. */
export const SETTINGS: readonly string[] = [
  // First of all: otherwise every statement with a trigger, so every write to a replicated table, opens a temporary file.
  'PRAGMA temp_store = MEMORY',
  // One connection per file, guarded by the file system: pages stay cached between transactions and the journal stays open.
  'PRAGMA locking_mode = EXCLUSIVE',
  // A truncated journal is one file operation cheaper than a deleted one, and OPFS cannot delete while it holds a handle.
  // Not WAL: cr-sqlite reads the file while it is opened, before a pragma can ask for exclusive locking, which WAL
  // without shared memory needs; a file left in WAL mode could not be opened again.
  'PRAGMA journal_mode = TRUNCATE',
  // An acknowledgement means "on disk": a commit returns after its sync.
  'PRAGMA synchronous = FULL',
  // In KiB when negative. Bulk imports and merges touch the table, its clock table and their indexes at once.
  'PRAGMA cache_size = -16384',
  // Replicas receive rows in any order, so cr-sqlite's tables cannot have checked foreign keys.
  'PRAGMA foreign_keys = OFF',
  // cr-sqlite's triggers write only to clock tables; a trigger that set itself off would be a mistake.
  'PRAGMA recursive_triggers = OFF',
  // Files come from other machines: functions hidden in their schemas may not do more than compute.
  'PRAGMA trusted_schema = OFF',
  // Nor may a crafted page lead reads astray.
  'PRAGMA cell_size_check = ON',
];
