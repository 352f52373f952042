import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createS3Store } from '../../../../../activities/artifacts/stores/s3-store.ts';
import { parseUri } from '../../../../../activities/artifacts/uri.ts';
import { type FailingNetwork, failingNetwork } from '../../../../s3/failing-network.ts';
import { BUCKET, type S3Server, startS3 } from '../../../../s3/versitygw.ts';
import { describePromises, type StoreSite } from './promises.ts';

let server: S3Server | string = 'not begun';
let network: FailingNetwork | null = null;

async function begin(): Promise<string | null> {
  server = await startS3();
  if (typeof server === 'string') return server;
  Object.assign(process.env, server.env);
  return null;
}

async function end(): Promise<void> {
  if (typeof server !== 'string') await server.stop();
}

/** A prefix of its own in the bucket. */
async function site(folder: string): Promise<StoreSite> {
  const prefix = randomUUID();
  const home = typeof server === 'string' ? '' : join(server.folder, prefix);
  let opened = 0;
  return {
    open(importFolders = []) {
      opened += 1;
      const cache = { folder: join(folder, `cache-${opened}`), mostBytes: 1e9 };
      return createS3Store({ url: `s3://${BUCKET}/${prefix}`, cache, importFolders });
    },
    async damage({ uri }) {
      const { kind, sha256, name } = parseUri(uri);
      const artifact = join(home, 'artifacts', kind, sha256);
      const [upload = ''] = (await readdir(artifact)).filter((each) => each !== 'manifest.json');
      await writeFile(join(artifact, upload, name), 'jello\n');
    },
    async names() {
      const all = await readdir(home, { recursive: true, withFileTypes: true });
      return all.flatMap((entry) => (entry.isFile() ? join(entry.parentPath, entry.name) : [])).sort();
    },
  };
}

describePromises('a bucket', { begin, site, end });

describePromises('a bucket behind a network that fails', {
  async begin() {
    const missing = await begin();
    if (missing !== null || typeof server === 'string') return missing;
    network = await failingNetwork(server.endpoint, 1, 0.08);
    process.env.AWS_ENDPOINT_URL_S3 = network.endpoint;
    return null;
  },
  site,
  async end() {
    for (const fault of ['unavailable', 'cut before', 'cut after', 'cut in the midst'] as const)
      if (network) assert.ok((network.faults.get(fault) ?? 0) > 0, `it was ${fault}`);
    await network?.close();
    await end();
  },
});
