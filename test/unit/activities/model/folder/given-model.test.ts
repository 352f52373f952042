import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { checkGivenModel, checkLength } from '../../../../../activities/model/folder/given-model.ts';

describe('a model that somebody named', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-given-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  it('may be the tiny one', () => checkGivenModel(builtinPath('tiny-model', 'en')));

  it('is told by its own name what is wrong with it', async () => {
    const folder = join(root, 'mine');
    await cp(builtinPath('tiny-model', 'en'), folder, { recursive: true });
    await writeFile(join(folder, 'model.safetensors'), 'x');
    await assert.rejects(checkGivenModel(folder), {
      code: 'InvalidInput',
      message: new RegExp(`^${folder}/model\\.safetensors is truncated`),
    });
    await rm(join(folder, 'model.safetensors'));
    await rm(join(folder, 'tokenizer.json'));
    await assert.rejects(checkGivenModel(folder), {
      code: 'NotFound',
      message: new RegExp(`^There is no ${folder}/tokenizer\\.json\\.`),
    });
  });

  it('is told which command converts it, where it is as folders were before safetensors', async () => {
    const folder = join(root, "old'one");
    await cp(builtinPath('tiny-model', 'en'), folder, { recursive: true });
    await rm(join(folder, 'initialize-weights'));
    await writeFile(join(folder, 'pytorch_model-00001-of-00002.bin'), 'x');
    const python = (autoClass: string) =>
      `python3 -c 'from transformers import ${autoClass}; ${autoClass}.from_pretrained("${folder.replace("'", "'\\''")}").save_pretrained("${folder.replace("'", "'\\''")}")'`;
    await assert.rejects(checkGivenModel(folder), {
      code: 'NotFound',
      message: `The model folder ${folder} has no weights: neither model.safetensors nor model.safetensors.index.json, but pytorch_model-00001-of-00002.bin, which is not read. Convert it: pip install transformers torch && ${python('AutoModelForCausalLM')}`,
    });
    await writeFile(join(folder, 'initialize-weights'), '');
    await rm(join(folder, 'tokenizer.json'));
    await writeFile(join(folder, 'tokenizer.model'), 'x');
    await assert.rejects(checkGivenModel(folder), {
      code: 'NotFound',
      message: `There is no ${folder}/tokenizer.json. There is tokenizer.model, which is not read. Convert it: pip install transformers sentencepiece protobuf tiktoken && ${python('AutoTokenizer')}`,
    });
  });

  it('is no file: of a GGUF it says how a worker gets it', async () => {
    const [gguf, other] = [join(root, 'model.gguf'), join(root, 'model.bin')];
    for (const path of [gguf, other]) await writeFile(path, 'GGUF');
    await assert.rejects(checkGivenModel(gguf), {
      code: 'InvalidInput',
      message:
        /model\.gguf is a GGUF file, which a worker does not read\. Import it, .*: npx alpaca import .*model\.gguf --kind model\./,
    });
    await assert.rejects(checkGivenModel(other), {
      message: /model\.bin is a file; expected a folder\. A model is/,
    });
  });

  it('has positions for the rows that it is to learn', () => {
    checkLength(8192, 8192, 'm');
    assert.throws(() => checkLength(32_768, 8192, 'smol'), {
      code: 'InvalidInput',
      message: 'maxLength is 32768, and the model smol has 8192 positions. Set maxLength to 8192 or less.',
    });
  });
});
