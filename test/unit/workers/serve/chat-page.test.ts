import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AboutModel } from '../../../../workers/serve/models.ts';
import { type ModelServer, startModelServer } from '../../../../workers/serve/server.ts';
import { scriptedModels } from './served-model.ts';

const NOTHING = { takesConversations: false, base: null, examples: [] };
const TUNED: AboutModel = {
  ...{ state: 'closed', takesConversations: true, base: 'tuned@base' },
  examples: [{ instruction: 'Name a river.', input: '' }],
};

describe('what the chat page tells of a model', () => {
  let server: ModelServer;
  before(async () => {
    const models = scriptedModels(['tuned', 'plain'], () => ['Yes.'], {
      ...{ tuned: TUNED, 'my-run': { state: 'training', ...NOTHING } },
    });
    server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
  });
  after(() => server.close());

  const about = async (name: string): Promise<unknown> =>
    (await fetch(`${server.url}/about?model=${encodeURIComponent(name)}`)).json();

  it('is what is known of it', async () => {
    assert.deepEqual(await about('tuned'), TUNED);
  });

  it('is that there is none of that name', async () => {
    assert.deepEqual(await about('other'), {
      error: {
        message: 'There is no model other here; there is tuned, plain.',
        ...{ type: 'invalid_request_error', param: 'model', code: 'model_not_found' },
      },
    });
  });

  it('is that its run still trains it: the page offers it, and a question is answered so', async () => {
    const page = await (await fetch(`${server.url}/?model=my-run`)).text();
    assert.match(page, /<option value="my-run" selected>my-run<\/option>/);
    const answer = await fetch(`${server.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'my-run', messages: [{ role: 'user', content: 'Hello.' }] }),
    });
    assert.equal(answer.status, 404);
    const { error } = (await answer.json()) as { error: { message: string } };
    assert.equal(error.message, 'my-run is still training: it can be asked once its run has ended.');
  });
});
