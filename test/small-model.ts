import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { builtinPath } from '../activities/artifacts/builtin.ts';

/**
 * Makes a base model's folder with random weights: the built-in one's tokenizer, and one layer of width 32. It trains in
 * a twentieth of that one's time, for tests that look at how a training goes and not at what it learns.
 *
 * @returns the folder
 */
export async function writeSmallModel(folder: string): Promise<string> {
  const builtin = builtinPath('tiny-model', 'en');
  await mkdir(folder, { recursive: true });
  for (const name of ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json'])
    await cp(join(builtin, name), join(folder, name));
  const config: object = JSON.parse(await readFile(join(builtin, 'config.json'), 'utf8'));
  const small = {
    ...{ hidden_size: 32, intermediate_size: 64, num_hidden_layers: 1 },
    ...{ num_attention_heads: 2, num_key_value_heads: 1, head_dim: 16 },
  };
  await writeFile(join(folder, 'config.json'), JSON.stringify({ ...config, ...small }));
  await writeFile(join(folder, 'initialize-weights'), '');
  return folder;
}
