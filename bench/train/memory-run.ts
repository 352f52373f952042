import type { LoraConfig } from '../../activities/model/adapter/lora.ts';
import type { NumberedExample } from '../../activities/model/example.ts';
import type { LlamaConfig } from '../../activities/model/folder/config.ts';
import { PhiloxStream } from '../../activities/philox.ts';
import type { TrainingSettings } from '../../workflows/contracts/train-activities.ts';

/** A run whose memory is measured and planned. */
export interface MemoryRun {
  config: LlamaConfig;
  modelPath: string;
  settings: TrainingSettings;
  lora: LoraConfig | null;
  microBatch: { rows: number; length: number };
  steps: number;
}

/** One micro-batch of random rows, whose every token but the first is a target. */
export function rowsOfRun({ config, microBatch: { rows, length } }: MemoryRun): NumberedExample[] {
  const stream = new PhiloxStream(1, 'shuffle', 0);
  return Array.from({ length: rows }, (_, row) => {
    const inputIds = Int32Array.from({ length: length + 1 }, () => stream.nextBelow(config.vocabSize));
    return { row, inputIds, labels: inputIds };
  });
}
