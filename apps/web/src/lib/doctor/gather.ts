import { version } from '$app/env';
import { schema } from '@octavo/shop/schema.ts';
import { host } from '../database/host.svelte.ts';
import { compiledWasm } from '../database/wasm.ts';
import { loadSettings } from '../settings/settings.ts';
import { settings } from '../settings/store.svelte.ts';
import { storage } from '../storage/storage.svelte.ts';
import { light } from '../sync/light.svelte.ts';
import { askServedVersion, askServer } from './ask-server.ts';
import type { Examination, Soundness } from './contract.ts';
import { DoctorWorker } from './doctor-worker.ts';
import type { AppFacts, DoctorFacts, Opened } from './facts.ts';
import { probe } from './probe.ts';

/** A database that is being opened, or has just been, is given so long before it is judged. */
const SETTLE_MS = 4_000;
const LOOK_MS = 50;

/** Finds out what there is to know. Never throws for what is the browser's, the server's or the file's fault. */
export async function gatherFacts(): Promise<DoctorFacts> {
  using worker = new DoctorWorker();
  const server = askServer({
    database: settings.current.database,
    token: settings.current.token,
    isOwn: settings.server === settings.ownServer,
  });
  const served = askServedVersion();
  const { workers, probes } = await worker.probe();
  const features = {
    'secure-context': await probe(() => {
      if (!globalThis.isSecureContext) throw new Error(`${location.origin} is not secure`);
    }),
    'module-workers': workers,
    webassembly: await probe(compiledWasm),
    files: probes.files,
    'exclusive-files': probes.exclusiveFiles,
    locks: probes.locks,
    channels: probes.channels,
    'settings-store': await probe(loadSettings),
    'service-workers': await probe(() => navigator.serviceWorker.getRegistration()),
  };
  await settled();
  const opened = openedNow();
  const files = await examine(worker, opened);
  const soundness = await soundnessOf(opened, files);
  await storage.read();
  return {
    at: Date.now(),
    online: navigator.onLine,
    features,
    keeping: host.keeping,
    opened,
    usage: storage.usage,
    full: storage.full,
    files,
    soundness,
    syncOn: settings.current.syncOn,
    sync: light.state,
    server: await server,
    app: await appFacts(await served),
    lineage: soundness.state === 'opens' ? soundness.inspection.lineage : undefined,
  };
}

/** Waits until it is decided whether this page has its database, and how sync does. */
async function settled(): Promise<void> {
  const until = performance.now() + SETTLE_MS;
  const undecided = () =>
    host.waiting === undefined &&
    (host.stage.stage === 'starting' ||
      (host.stage.stage === 'ready' && light.state.status === 'connecting'));
  while (undecided() && performance.now() < until)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
}

function openedNow(): Opened {
  const { stage, waiting, leads } = host;
  if (stage.stage === 'failed')
    return { state: 'failed', code: stage.failure.code, details: stage.failure.details };
  if (waiting !== undefined) return { state: 'waiting', for: waiting };
  if (stage.stage === 'starting') return { state: 'opening' };
  return { state: 'open', in: leads ? 'this-tab' : 'another-tab' };
}

async function examine(worker: DoctorWorker, opened: Opened): Promise<Examination> {
  const { database } = settings.current;
  if (host.keeping === 'memory') return { state: 'not-possible', why: 'This window has no files.' };
  if (opened.state !== 'failed') return worker.examine(database, undefined);
  // Without SQLite there is still a list of the files.
  const wasm = await compiledWasm().catch(() => undefined);
  return worker.examine(database, wasm);
}

async function soundnessOf(opened: Opened, files: Examination): Promise<Soundness> {
  if (opened.state !== 'open' || host.client === undefined) {
    return files.state === 'looked' ? files.soundness : { state: 'not-checked', why: files.why };
  }
  try {
    return { state: 'opens', inspection: await host.client.inspect() };
  } catch (error) {
    return { state: 'not-checked', why: error instanceof Error ? error.message : String(error) };
  }
}

async function appFacts(served: string | undefined): Promise<AppFacts> {
  return {
    version,
    served,
    serviceWorker: await serviceWorkerNow(),
    schemaName: schema.name,
    schemaVersion: schema.version,
  };
}

async function serviceWorkerNow(): Promise<AppFacts['serviceWorker']> {
  try {
    const registration = await navigator.serviceWorker.getRegistration();
    if (registration === undefined) return 'none';
    return registration.waiting === null ? 'running' : 'update-waiting';
  } catch {
    // Whether there may be one is asked among the features.
    return 'none';
  }
}
