import { join } from 'node:path';
import type { CloudPlace } from '../../config/cloud-place.ts';
import { DirectoryStore } from './directory-store.ts';
import type { ObjectStore } from './object-store.ts';

export interface StoreSurroundings {
  dataDir: string;
  /** Another server than Amazon's that speaks S3. */
  s3Endpoint: string | undefined;
  region: string;
}

/** The store of a place; undefined where no copies are wanted. */
export async function openStore(
  place: CloudPlace,
  { dataDir, s3Endpoint, region }: StoreSurroundings,
): Promise<ObjectStore | undefined> {
  switch (place.kind) {
    case 'off':
      return undefined;
    case 'folder':
      return new DirectoryStore(place.path ?? join(dataDir, 'cloud'));
    case 's3': {
      // Thirty megabytes that nobody else needs.
      const { S3Store } = await import('./s3-store.ts');
      return new S3Store({ bucket: place.bucket, prefix: place.prefix, endpoint: s3Endpoint, region });
    }
  }
}
