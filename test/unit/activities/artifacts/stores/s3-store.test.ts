import { randomUUID } from 'node:crypto';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createS3Store } from '../../../../../activities/artifacts/stores/s3-store.ts';
import { parseUri } from '../../../../../activities/artifacts/uri.ts';
import { BUCKET, type S3Server, startS3 } from '../../../../s3/versitygw.ts';
import { describePromises } from './promises.ts';

let server: S3Server | null = null;

describePromises('a bucket', {
  async begin() {
    const started = await startS3();
    if (typeof started === 'string') return started;
    server = started;
    Object.assign(process.env, started.env);
    return null;
  },
  async site(folder) {
    const prefix = randomUUID();
    const home = join(server?.folder ?? '', prefix);
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
  },
  async end() {
    await server?.stop();
  },
});
