import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkIdentity,
  identityDigest,
  identityOf,
  modelParts,
  type TrainingIdentity,
} from '../../../../../activities/train/checkpoint/identity.ts';
import type { TrainingSettings } from '../../../../../workflows/contracts/train-activities.ts';
import { settings } from '../training-settings.ts';

const parts = { config: 'c', tokenizer: 'k', base: 'b' };
const identity = identityOf(settings, { model: 'm', tokens: 't', plan: 'p', parts });

describe('the identity of a training', () => {
  it('is the same however the run is cut, saved, kept and exported', () => {
    const other = {
      ...settings,
      shardsPerEpoch: 7,
      checkpointEverySteps: 1,
      keepCheckpoints: 9,
      exportBest: true,
      continueFrom: 'artifact://checkpoint/0/0',
      patience: 4,
    };
    assert.deepEqual(identityOf(other, { model: 'm', tokens: 't', plan: 'p', parts }), identity);
  });

  it('has the held-out data and the settings of early stopping where loss is measured on the way', () => {
    const measuring = { ...settings, evaluateEverySteps: 5, patience: 2 };
    const found = identityOf(measuring, { model: 'm', tokens: 't', plan: 'p', heldOut: 'h', parts });
    assert.deepEqual(
      Object.entries(found.settings).filter(([name]) => !(name in identity.settings)),
      [
        ['evaluateEverySteps', 5],
        ['patience', 2],
        ['minimumImprovement', 0],
        ['heldOutTokens', 'h'],
      ],
    );
  });

  it('knows nothing of rounds where one worker trains, and all that decides of them where several do', () => {
    const rounds: Partial<TrainingSettings> = {
      ...{
        roundSteps: 50,
        outer: 'nesterov',
        roundUpdate: 'int8',
        roundMoments: 'drop',
        roundWeights: 'targets',
      },
      ...{ outerLearningRate: 0.7, outerMomentum: 0.9 },
    };
    const digests = { model: 'm', tokens: 't', plan: 'p', parts };
    assert.deepEqual(identityOf({ ...settings, ...rounds, workers: 1 }, digests), identity);
    const added = (change: object) =>
      Object.entries(identityOf({ ...settings, ...rounds, workers: 4, ...change }, digests).settings).filter(
        ([name]) => !(name in identity.settings),
      );
    assert.deepEqual(added({}), [['workers', 4], ...Object.entries(rounds)]);
    assert.deepEqual(added({ outer: 'average' }), [
      ['workers', 4],
      ['roundSteps', 50],
      ['outer', 'average'],
      ['roundUpdate', 'int8'],
      ['roundMoments', 'drop'],
      ['roundWeights', 'targets'],
    ]);
    const late = { quorum: 3, graceSeconds: 1, lateShards: 'leave-out' };
    assert.deepEqual(added(late), added({}), 'which shards were late is in the record of the rounds');
  });

  it('has a digest that knows nothing of the parts: the model’s is in it', () => {
    const other = { ...identity, parts: { config: 'x', tokenizer: 'x', base: 'x' } };
    assert.equal(identityDigest(other), identityDigest(identity));
  });

  it('has this digest for these settings', () => {
    assert.equal(
      identityDigest(identity),
      'bb94ddb2c2a5db43df2038bf48e5826eb020db630e706da400d118e8437ccb88',
    );
  });
});

describe('the parts of a model folder', () => {
  const file = (path: string, sha256: string) => ({ path, sha256, bytes: 1 });
  const files = [
    file('config.json', '1'),
    file('model.safetensors', '2'),
    file('tokenizer.json', '3'),
    file('tokenizer_config.json', '4'),
  ];
  const change = (path: string) =>
    modelParts(files.map((found) => (found.path === path ? file(path, 'changed') : found)));

  for (const [path, part] of [
    ['config.json', 'config'],
    ['model.safetensors', 'base'],
    ['tokenizer.json', 'tokenizer'],
    ['tokenizer_config.json', 'tokenizer'],
  ] as const) {
    it(`changes ${part}, and nothing else, with ${path}`, () => {
      const [was, is] = [modelParts(files), change(path)];
      for (const name of ['config', 'tokenizer', 'base'] as const)
        assert.equal(was[name] === is[name], name !== part, name);
    });
  }
});

describe('going on from a checkpoint', () => {
  const changes: [string, Partial<TrainingIdentity>, string][] = [
    ['config', { model: 'x', parts: { ...parts, config: 'x' } }, 'config was c and is x'],
    ['tokenizer', { model: 'x', parts: { ...parts, tokenizer: 'x' } }, 'tokenizer was k and is x'],
    ['base', { model: 'x', parts: { ...parts, base: 'x' } }, 'base was b and is x'],
    ['data', { tokens: 'x' }, 'data was t and is x'],
    ['plan', { plan: 'x' }, 'plan was p and is x'],
    ['settings', { settings: { ...identity.settings, epochs: 9 } }, 'epochs was 2 and is 9'],
  ];
  for (const [name, change, text] of changes) {
    it(`is refused under another ${name}, and allowed by that name alone`, () => {
      const changed = { ...identity, ...change };
      const others = changes.map(([other]) => other as never).filter((other) => other !== name);
      assert.throws(() => checkIdentity(identity, changed, '/c', others), {
        code: 'InvalidInput',
        message: new RegExp(
          `^The checkpoint /c is of another training: ${text}\\..*allowChanged ${name}\\.$`,
        ),
      });
      assert.deepEqual(checkIdentity(identity, changed, '/c', [name as never]), [text]);
    });
  }

  it('names every difference that is not allowed, and only those', () => {
    const changed = { ...identity, tokens: 'x', plan: 'y', settings: { ...identity.settings, epochs: 9 } };
    assert.throws(() => checkIdentity(identity, changed, '/c', ['data']), {
      message: /another training: plan was p and is y; epochs was 2 and is 9\..*allowChanged plan, settings/,
    });
  });

  it('says nothing where nothing changed', () => {
    assert.deepEqual(checkIdentity(identity, identity, '/c'), []);
  });
});
