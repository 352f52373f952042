import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { digestOf } from '../../../../../activities/artifacts/digest.ts';
import type { Weight } from '../../../../../activities/model/folder/safetensors.ts';
import {
  type CheckpointContent,
  readCheckpoint,
  writeCheckpoint,
} from '../../../../../activities/train/checkpoint/checkpoint.ts';

const content: CheckpointContent = {
  state: {
    format: 1,
    step: 7,
    epoch: 1,
    tokens: 1234,
    heldOut: { best: { step: 5, loss: 1.25 }, withoutImprovement: 2 },
    identity: {
      ...{ model: 'm', tokens: 't', plan: 'p', settings: { epochs: 3, clipNorm: null } },
      parts: { config: 'c', tokenizer: 'k', base: 'b' },
    },
    madeOn: {
      tensorflow: '2.21.0',
      device: 'cpu',
      processor: 'x64 test',
      instructionSet: 'avx2 fma',
      v8: '13.6',
      threads: 2,
    },
  },
  weights: weights(1),
  moments: { first: weights(2), second: weights(3) },
};

describe('a checkpoint', () => {
  it('comes back as it was written, bit by bit', async (test) => {
    const path = join(await folder(test), 'checkpoint');
    await writeCheckpoint(path, content);
    const { state, ...tensors } = await readCheckpoint(path);
    const { files, ...rest } = state;
    assert.deepEqual(rest, content.state);
    assert.deepEqual(tensors, { weights: content.weights, moments: content.moments });
    assert.deepEqual(Object.keys(files), [
      'weights.safetensors',
      'first-moment.safetensors',
      'second-moment.safetensors',
    ]);
  });

  it('has the same digest wherever and whenever it is written', async (test) => {
    const root = await folder(test);
    await writeCheckpoint(join(root, 'a'), content);
    await writeCheckpoint(join(root, 'b'), content);
    assert.equal((await digestOf(join(root, 'a'))).sha256, (await digestOf(join(root, 'b'))).sha256);
  });

  it('is refused where a bit of it has changed, naming the file', async (test) => {
    const path = join(await folder(test), 'checkpoint');
    await writeCheckpoint(path, content);
    const file = join(path, 'second-moment.safetensors');
    const bytes = await readFile(file);
    bytes.writeUInt8(bytes.readUInt8(bytes.length - 1) ^ 1, bytes.length - 1);
    await writeFile(file, bytes);
    await assert.rejects(readCheckpoint(path), {
      code: 'CorruptArtifact',
      message: /second-moment\.safetensors was changed or damaged/,
    });
  });

  it('is refused where its state is missing or foreign', async (test) => {
    const path = join(await folder(test), 'checkpoint');
    await writeCheckpoint(path, content);
    await writeFile(join(path, 'state.json'), '{"format": 2}');
    await assert.rejects(readCheckpoint(path), { code: 'CorruptArtifact', message: /state\.json/ });
  });

  it('leaves nothing behind where it cannot be written', async (test) => {
    const root = await folder(test);
    await writeFile(join(root, 'file'), '');
    await assert.rejects(writeCheckpoint(join(root, 'file', 'checkpoint'), content));
    assert.equal((await stat(join(root, 'file'))).size, 0);
  });
});

function weights(value: number): Map<string, Weight> {
  return new Map([['w', { shape: [2, 2], data: Float32Array.of(value, -0, value / 3, 1e-30) }]]);
}

async function folder(test: TestContext): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-checkpoint-'));
  test.after(() => rm(root, { recursive: true, force: true }));
  return root;
}
