import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serveOnDemand } from '../../../../workers/serve/models-on-demand.ts';
import type { OpenedModel } from '../../../../workers/serve/open-model.ts';
import { scriptedModels } from './served-model.ts';

/** A catalog of folders; what is opened and closed is written down, and a prompt of 0 kills the process. */
function shelf(
  names: readonly string[],
  options: { mostOpen?: number; idleMs?: number; fail?: string } = {},
) {
  const { fail, ...bounds } = options;
  const events: string[] = [];
  const models = serveOnDemand(
    {
      names: async () => names,
      folderOf: async (name) => (names.includes(name) ? `/models/${name}` : null),
      about: async (name) => ({
        ...{ isMade: names.includes(name), takesConversations: false, base: null, examples: [] },
      }),
    },
    {
      ...bounds,
      async open(name, folder) {
        events.push(`open ${folder}`);
        if (name === fail) throw new Error('no weights');
        const taken = await scriptedModels([name], () => ['ab']).take(name);
        assert.ok(taken);
        const model: OpenedModel = {
          ...taken.model,
          async *stream(prompt, decoding) {
            if (prompt[0] === 0) throw new Error('the process died');
            yield* taken.model.stream(prompt, decoding);
          },
          hasOwnForm: name === 'chatty',
          close: async () => void events.push(`close ${name}`),
        };
        return model;
      },
    },
  );
  return { models, events };
}

const decoding = { maxNewTokens: 9, temperature: 0, topP: 1, seed: 0, stopIds: [] };

describe('models that are opened when they are asked for', () => {
  it('are opened once, however many ask', async () => {
    const { models, events } = shelf(['tuned']);
    const [first, second] = await Promise.all([models.take('tuned'), models.take('tuned')]);
    assert.deepEqual(events, ['open /models/tuned']);
    const tokens = [];
    for await (const { id } of second?.model.stream([1], decoding) ?? []) tokens.push(id);
    assert.deepEqual(tokens, [97, 98]);
    first?.release();
    second?.release();
    await models.close();
    assert.deepEqual(events, ['open /models/tuned', 'close tuned']);
  });

  it('say before whether they are open, and once they are whether they take conversations', async () => {
    const { models } = shelf(['chatty']);
    const told = async (name: string) => {
      const about = await models.about(name);
      return [about?.state, about?.takesConversations];
    };
    assert.deepEqual(await told('chatty'), ['closed', false]);
    const taken = await models.take('chatty');
    assert.deepEqual(await told('chatty'), ['open', true]);
    assert.deepEqual(await told('in training'), ['training', false]);
    taken?.release();
    await models.close();
  });

  it('are unknown where the catalog has none', async () => {
    const { models, events } = shelf(['tuned']);
    assert.equal(await models.take('other'), undefined);
    assert.deepEqual([await models.names(), events], [['tuned'], []]);
  });

  it('make room, the longest unused first, and never while they are asked', async () => {
    const { models, events } = shelf(['a', 'b', 'c'], { mostOpen: 1 });
    const a = await models.take('a');
    const b = await models.take('b');
    const c = await models.take('c');
    c?.release();
    await sleep(0);
    assert.deepEqual(events.slice(3), ['close c']);
    a?.release();
    a?.release();
    await sleep(0);
    assert.deepEqual(events.slice(3), ['close c', 'close a']);
    b?.release();
    await sleep(0);
    assert.deepEqual(events.slice(3), ['close c', 'close a']);
    await models.close();
    assert.deepEqual(events.slice(3), ['close c', 'close a', 'close b']);
  });

  it('are closed when nobody has asked them for a while, and opened again', async () => {
    const { models, events } = shelf(['tuned'], { idleMs: 5 });
    (await models.take('tuned'))?.release();
    const again = await models.take('tuned');
    await sleep(20);
    assert.deepEqual(events, ['open /models/tuned']);
    again?.release();
    await sleep(50);
    assert.deepEqual(events, ['open /models/tuned', 'close tuned']);
    assert.ok(await models.take('tuned'));
    assert.deepEqual(events.slice(2), ['open /models/tuned']);
    await models.close();
  });

  it('are opened anew after their process has died, or did not start', async () => {
    const { models, events } = shelf(['tuned', 'broken'], { fail: 'broken' });
    const taken = await models.take('tuned');
    await assert.rejects(async () => {
      for await (const _ of taken?.model.stream([0], decoding) ?? []);
    }, /the process died/);
    taken?.release();
    assert.ok(await models.take('tuned'));
    assert.deepEqual(events, ['open /models/tuned', 'close tuned', 'open /models/tuned']);
    await assert.rejects(models.take('broken'), /no weights/);
    await sleep(0);
    await assert.rejects(models.take('broken'), /no weights/);
    assert.equal(events.filter((event) => event === 'open /models/broken').length, 2);
    await models.close();
  });
});
