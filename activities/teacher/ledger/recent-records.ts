import type { ArtifactStore } from '../../artifacts/store.ts';
import { isBucketUrl } from '../../artifacts/stores/s3-bucket.ts';

/** What a worker keeps in memory of the answers that it recorded itself, in bytes: a round reads them soon after. */
const MOST_BYTES = 16 << 20;

const ofStores = new WeakMap<ArtifactStore, RecentRecords>();

/** Of a store in a bucket, where reading a record is a request; null over a folder, where it is not worth the memory. */
export function recentRecordsOf(store: ArtifactStore): RecentRecords | null {
  if (!isBucketUrl(store.root)) return null;
  const known = ofStores.get(store) ?? new RecentRecords();
  ofStores.set(store, known);
  return known;
}

/** Records that are never changed once they are written; the oldest make room. */
export class RecentRecords {
  readonly #records = new Map<string, Buffer>();
  readonly #mostBytes: number;
  #bytes = 0;

  constructor(mostBytes = MOST_BYTES) {
    this.#mostBytes = mostBytes;
  }

  get(path: string): Buffer | undefined {
    return this.#records.get(path);
  }

  keep(path: string, record: Buffer): void {
    this.#records.set(path, record);
    this.#bytes += record.length;
    for (const [oldest, { length }] of this.#records) {
      if (this.#bytes <= this.#mostBytes) return;
      this.#records.delete(oldest);
      this.#bytes -= length;
    }
  }
}
