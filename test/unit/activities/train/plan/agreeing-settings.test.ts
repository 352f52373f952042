import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkAgreement } from '../../../../../activities/train/plan/agreeing-settings.ts';
import { trainSettings } from '../../../../../workflows/contracts/train.ts';

describe('the engine of a training', () => {
  const torchrun = { engine: 'torchrun', globalBatch: 128, microBatch: 4 } as const;

  it('has a micro-batch for each process, or the one to set is named', () => {
    checkAgreement({ ...torchrun, processes: 32 });
    checkAgreement({ ...torchrun, processes: 3, globalBatch: 10 });
    checkAgreement({ ...torchrun, nodes: 8, processes: 4 });
    assert.throws(() => checkAgreement({ ...torchrun, nodes: 8, processes: 8 }), /there are 64 processes/);
    assert.throws(() => checkAgreement({ ...torchrun, processes: 64 }), {
      code: 'InvalidInput',
      message:
        'A step has 32 micro-batches, and there are 64 processes: some would never have one. Set microBatch 2, which each process takes at a time, or a larger globalBatch.',
    });
  });

  it('has what it can do set, and nothing else', () => {
    for (const [settings, message] of [
      [{ processes: 2, globalBatch: 8 }, /^processes is 2, and the engine tensorflow trains in one\./],
      [{ nodes: 2 }, /^nodes is 2, and the engine tensorflow trains on one machine\./],
      [{ ...torchrun, workers: 2 }, /^workers is 2, and the engine torchrun does not train in rounds/],
      [{ ...torchrun, command: 'axolotl' }, /^engine is torchrun, and command axolotl\./],
      [{ engine: 'command' }, /^engine is command, and command null\./],
      [
        { engine: 'command', command: 'axolotl', packing: true },
        /packing are not handed over to a command\./,
      ],
      [
        { engine: 'command', command: 'axolotl', loraRankPattern: { q_proj: 4 } },
        /^loraRankStabilized, loraRankPattern and loraAlphaPattern are not handed over to a command\./,
      ],
    ] as const)
      assert.throws(() => checkAgreement(settings), { code: 'InvalidInput', message });
    checkAgreement({ engine: 'command', command: 'axolotl', processes: 1 });
  });

  it('names a command by a plain word: no path, no option', () => {
    const { command } = trainSettings.shape;
    assert.equal(command.parse('llama-factory'), 'llama-factory');
    for (const name of ['../x', '/bin/sh', '-c', 'a b', ''])
      assert.equal(command.safeParse(name).success, false);
  });
});

describe('settings that go by the held-out loss', () => {
  it('are refused by name where it is not measured on the way', () => {
    for (const [settings, message] of [
      [{ patience: 3 }, /^patience goes by the held-out loss/],
      [{ exportBest: true }, /^exportBest goes by the held-out loss/],
      [{ patience: 3, exportBest: true }, /^patience and exportBest go by the held-out loss/],
    ] as const)
      assert.throws(() => checkAgreement({ ...settings, evaluateEverySteps: null }), {
        code: 'InvalidInput',
        message,
      });
  });

  it('agree with its being measured, and without them it need not be', () => {
    checkAgreement({ evaluateEverySteps: 10, patience: 3, exportBest: true });
    checkAgreement({ evaluateEverySteps: null, patience: null, exportBest: false });
  });
});
