import type { ArtifactStore } from '../store.ts';
import type { CacheSettings } from './cache.ts';
import { createLocalStore } from './local-store.ts';
import { isBucketUrl } from './s3-bucket.ts';
import { createS3Store } from './s3-store.ts';

export interface StorePlace {
  /** a folder, or `s3://BUCKET/PREFIX` */
  root: string;
  /** of a store in a bucket */
  cache: CacheSettings;
  /** bare paths are read only from beneath these */
  importFolders?: readonly string[];
}

/** The store at a place. Nothing is asked of it yet. */
export function openStoreAt({ root, cache, importFolders = [] }: StorePlace): ArtifactStore {
  return isBucketUrl(root)
    ? createS3Store({ url: root, cache, importFolders })
    : createLocalStore({ root, importFolders });
}
