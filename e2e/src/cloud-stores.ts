import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
// The server's tests have it: a real server, which this package would only have a second time.
import { S3Server } from '../../apps/sync-server/test/s3/s3-server.ts';

/** A place for copies that can be taken away and given back. */
export interface CloudStore extends AsyncDisposable {
  /** What a server is told of it. */
  readonly environment: Record<string, string>;
  stop(): Promise<void>;
  /** Gives it back, with everything that was in it. */
  restart(): Promise<void>;
}

export { S3Server };

/** A folder as a store. Stopped, a file lies in its place: nothing can be written there, or read. */
export function folderStore(folder: string): CloudStore {
  const path = join(folder, 'cloud');
  const away = `${path}-away`;
  return {
    environment: { OCTAVO_CLOUD: `file:${path}` },
    stop: async () => {
      await rename(path, away);
      await writeFile(path, 'no folder');
    },
    restart: async () => {
      await rm(path);
      await rename(away, path);
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** A bucket of a real S3 server. Stopped, its process is gone. */
export async function bucketStore(folder: string): Promise<CloudStore> {
  const server = await S3Server.start(join(folder, 'bucket'));
  return {
    environment: server.environment,
    stop: () => server.kill(),
    restart: () => server.restart(),
    [Symbol.asyncDispose]: () => server.kill(),
  };
}
