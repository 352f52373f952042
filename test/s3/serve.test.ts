import assert from 'node:assert/strict';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { builtinPath } from '../../activities/artifacts/builtin.ts';
import { createS3Store } from '../../activities/artifacts/stores/s3-store.ts';
import { standing } from '../end-to-end/command.ts';
import { BUCKET, startS3 } from './versitygw.ts';

describe('a model in a bucket', () => {
  it('is served from there, on a machine whose cache is empty', async (test) => {
    const server = await startS3();
    if (typeof server === 'string') return test.skip(server);
    const folder = await mkdtemp(join(tmpdir(), 'alpaca-serve-'));
    try {
      Object.assign(process.env, server.env);
      const url = `s3://${BUCKET}/models`;
      const cacheOf = (name: string) => ({ folder: join(folder, name), mostBytes: 1e9 });
      const store = createS3Store({ url, cache: cacheOf('of-who-made-it') });
      const made = join(await store.workspace('model'), 'model');
      await cp(builtinPath('tiny-model', 'en'), made, { recursive: true });
      const { uri } = await store.take('model', made, { madeBy: 'test' });
      const { said, end } = await standing<{ baseUrl: string; models: string[] }>(
        folder,
        ['serve', '--json', '--port', '0', '--model', `small=${uri}`],
        { ...server.env, ALPACA_STORE: url, ALPACA_STORE_CACHE: join(folder, 'of-who-serves-it') },
      );
      try {
        assert.deepEqual(said.models, ['small']);
        const answer = await fetch(`${said.baseUrl}/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            model: 'small',
            messages: [{ role: 'user', content: 'Hello.' }],
            max_tokens: 4,
          }),
        });
        assert.equal(answer.status, 200, await answer.clone().text());
      } finally {
        assert.equal(await end(), 130);
      }
    } finally {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    }
  });
});
