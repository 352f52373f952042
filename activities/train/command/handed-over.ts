import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TrainingSettings } from '../../../workflows/contracts/train-activities.ts';
import { IGNORED_LABEL, type NumberedExample } from '../../model/example.ts';
import { loadTokenizer } from '../../model/tokenizer/tokenizer.ts';
import { readTokens } from '../../tokenize/tokens.ts';
import type { TrainRequest } from '../process/child.ts';
import { type CommandRecipe, filledFiles, type Values } from './command-recipe.ts';

/** What a command is to write to, and where its checkpoints lie. */
export const OUTPUT = 'output';

/**
 * Writes what a command reads: rows in its form, and its own settings.
 *
 * @param checkpoint the folder to go on from; null at the beginning
 */
export async function handOver(
  recipe: CommandRecipe,
  { settings, tokensPath, modelPath, workspace }: TrainRequest,
  checkpoint: string | null,
): Promise<void> {
  const rows = await readTokens(tokensPath);
  const path = join(workspace, recipe.rows === 'tokens' ? 'rows.jsonl' : 'rows.json');
  await writeFile(path, recipe.rows === 'tokens' ? asTokens(rows) : await asTexts(rows, modelPath));
  const output = join(workspace, OUTPUT);
  await mkdir(output, { recursive: true });
  const values: Values = {
    ...valuesOf(settings, rows),
    ...{ model: modelPath, rows: path, folder: workspace, output, checkpoint },
  };
  for (const [name, text] of filledFiles(recipe, settings.method === 'lora', values))
    await writeFile(join(workspace, name), text);
}

/** A setting that these programs call by other words is here by theirs. */
function valuesOf(settings: TrainingSettings, rows: readonly NumberedExample[]): Values {
  const { microBatch, globalBatch, processes, schedule, precision, activationCheckpointing } = settings;
  const { method, epochs, learningRate, warmupRatio, weightDecay } = settings;
  const { loraRank, loraAlpha, loraDropout, loraTargets } = settings;
  return {
    ...{ method, epochs, microBatch, learningRate, warmupRatio, weightDecay, activationCheckpointing },
    ...{ loraRank, loraAlpha, loraDropout, loraTargets, loraTargetList: loraTargets.join(',') },
    accumulation: Math.max(1, Math.round(globalBatch / (microBatch * processes))),
    schedule: schedule === 'constant' ? 'constant_with_warmup' : schedule,
    // Of 0 there is no clipping.
    clipNorm: settings.clipNorm ?? 0,
    bf16: precision === 'bf16',
    keepsActivations: !activationCheckpointing,
    seed: settings.runSeed,
    saveSteps: settings.checkpointEverySteps,
    keep: settings.keepCheckpoints,
    maxLength: Math.max(...rows.map(({ inputIds }) => inputIds.length)),
  };
}

function asTokens(rows: readonly NumberedExample[]): string {
  return rows
    .map(({ inputIds, labels }) => {
      const ids = [...inputIds];
      const row = { input_ids: ids, attention_mask: ids.map(() => 1), labels: [...labels] };
      return `${JSON.stringify(row)}\n`;
    })
    .join('');
}

/** What is masked at a row's beginning is its prompt; special tokens are in the texts by their names. */
async function asTexts(rows: readonly NumberedExample[], modelPath: string): Promise<string> {
  const tokenizer = await loadTokenizer(modelPath);
  const text = (ids: Int32Array) => tokenizer.decode([...ids], { skipSpecialTokens: false });
  return JSON.stringify(
    rows.map(({ inputIds, labels }) => {
      const learnt = labels.findIndex((label) => label !== IGNORED_LABEL);
      const end = learnt === -1 ? inputIds.length : learnt;
      return {
        instruction: text(inputIds.subarray(0, end)),
        input: '',
        output: text(inputIds.subarray(end)),
      };
    }),
    null,
    1,
  );
}
