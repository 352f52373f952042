import { type Binding, loadBinding, replaceBinding } from '../../../../../activities/model/tensorflow.ts';
import { changedBinding } from '../../model/changed-binding.ts';

/**
 * Preloaded into a training process (`--import`): its binding says that it computes on a GPU. With
 * PRETENDED_NOISE every sum of the embedding's gradient is off by that share, differently each time, as where
 * a GPU's threads add up in any order.
 */
const cpu = loadBinding();
const noise = Number(process.env.PRETENDED_NOISE ?? 0);
let calls = 0;

/** With a first output that is off. */
const executeOp: Binding['executeOp'] = (name, attributes, inputs, outputs) => {
  const results = cpu.executeOp(name, attributes, inputs, outputs);
  const [result] = results;
  if (noise === 0 || name !== 'UnsortedSegmentSum' || !result) return results;
  calls += 1;
  const sums = Float32Array.from(cpu.tensorDataSync(result.id), (sum) => sum * (1 + noise * (calls % 7)));
  cpu.deleteTensor(result.id);
  return [{ ...result, id: cpu.createTensor(result.shape, result.dtype, sums) }];
};

replaceBinding(changedBinding({ isUsingGpuDevice: () => true, executeOp }));
