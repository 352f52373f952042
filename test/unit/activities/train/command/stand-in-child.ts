import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'yaml';

/**
 * In place of a training program: `node stand-in-child.ts AS train CONFIG`. It reads the config in the documented form of
 * the program that it stands for, takes as many steps as that would, and writes what Hugging Face's Trainer writes:
 * checkpoint-N with trainer_state.json and model.safetensors, and the model in the end. It learns nothing.
 */
const [, , as = '', verb, file = ''] = process.argv;
if (verb !== 'train') throw new Error(`no verb ${verb}`);
const config = parse(readFileSync(file, 'utf8'));

interface Found {
  rows: number;
  base: string;
  each: number;
  epochs: number;
}

const READ: Record<string, () => Found> = {
  axolotl() {
    const [{ path, ds_type, type }] = config.datasets;
    if (ds_type !== 'json' || type !== null) throw new Error('rows that are not tokenized');
    const rows = readFileSync(path, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    for (const { input_ids, attention_mask, labels } of rows)
      if (input_ids.length !== labels.length || input_ids.length !== attention_mask.length)
        throw new Error('a row');
    return {
      rows: rows.length,
      base: config.base_model,
      each: config.micro_batch_size,
      epochs: config.num_epochs,
    };
  },
  'llama-factory'() {
    if (config.stage !== 'sft' || config.template !== 'empty') throw new Error('another training');
    const info = JSON.parse(readFileSync(join(config.dataset_dir, 'dataset_info.json'), 'utf8'));
    const rows = JSON.parse(readFileSync(join(config.dataset_dir, info[config.dataset].file_name), 'utf8'));
    for (const { instruction, input, output } of rows)
      if (instruction === '' || input !== '' || output === '') throw new Error('a row');
    const each = config.per_device_train_batch_size;
    return { rows: rows.length, base: config.model_name_or_path, each, epochs: config.num_train_epochs };
  },
};

const read = READ[as];
if (!read) throw new Error(`no program ${as}`);
const { rows, base, each, epochs } = read();
const stepsPerEpoch = Math.ceil(rows / (each * config.gradient_accumulation_steps));
const total = stepsPerEpoch * epochs;
const resumed = config.resume_from_checkpoint;
const state = resumed
  ? JSON.parse(readFileSync(join(resumed, 'trainer_state.json'), 'utf8'))
  : { global_step: 0, log_history: [] };
const hangsAt = Number(process.env.STAND_IN_HANGS_AT);

for (let step = state.global_step + 1; step <= total; step += 1) {
  const loss = 3 - step / total;
  state.global_step = step;
  state.log_history.push({
    step,
    epoch: step / stepsPerEpoch,
    loss,
    grad_norm: 1,
    learning_rate: config.learning_rate,
  });
  console.log(
    `{'loss': '${loss}', 'grad_norm': '1', 'learning_rate': '${config.learning_rate}', 'epoch': '1'}`,
  );
  if (step % config.save_steps === 0) save(join(config.output_dir, `checkpoint-${step}`));
  if (step === hangsAt) await sleep(3_600_000);
}
write(config.output_dir);

function save(folder: string) {
  write(`${folder}.partial`);
  renameSync(`${folder}.partial`, folder);
}

function write(folder: string) {
  mkdirSync(folder, { recursive: true });
  for (const name of ['config.json', 'model.safetensors'])
    if (existsSync(join(base, name))) copyFileSync(join(base, name), join(folder, name));
  writeFileSync(join(folder, 'trainer_state.json'), JSON.stringify(state));
  // As if it had lain there for a while.
  const before = Date.now() / 1000 - 60;
  for (const name of ['config.json', 'model.safetensors', 'trainer_state.json', '.'])
    utimesSync(join(folder, name), before, before);
}
