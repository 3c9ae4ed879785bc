/** Starts the workers; in this form the bundler finds them and gives each its own bundle. */

export function spawnDatabaseWorker(): Worker {
  return new Worker(new URL('../workers/database/database.worker.ts', import.meta.url), {
    type: 'module',
    name: 'octavo-database',
  });
}

export function spawnDoctorWorker(): Worker {
  return new Worker(new URL('../workers/doctor/doctor.worker.ts', import.meta.url), {
    type: 'module',
    name: 'octavo-doctor',
  });
}

export function spawnImportWorker(): Worker {
  return new Worker(new URL('../workers/import/import.worker.ts', import.meta.url), {
    type: 'module',
    name: 'octavo-import',
  });
}
