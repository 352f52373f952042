import { readdir } from 'node:fs/promises';

/** What Python's transformers must do once with a folder that is saved as was usual before safetensors. */
export interface Conversion {
  /** what the folder has in place of what is read here */
  found: string;
  /** the command that adds what is read here */
  command: string;
}

/** How the weights of a folder come into safetensors; null where it has none in another format. */
export async function weightsConversion(folder: string): Promise<Conversion | null> {
  const names: string[] = await readdir(folder).catch(() => []);
  const found = names.find((name) => /^pytorch_model(-\d+-of-\d+)?\.bin$/.test(name));
  return found === undefined ? null : { found, command: python(folder, 'AutoModelForCausalLM', 'torch') };
}

/** How a folder's tokenizer comes into tokenizer.json; null where it has none in another form. */
export async function tokenizerConversion(folder: string): Promise<Conversion | null> {
  const names: string[] = await readdir(folder).catch(() => []);
  if (names.includes('tokenizer.model'))
    return {
      found: 'tokenizer.model',
      command: python(folder, 'AutoTokenizer', 'sentencepiece protobuf tiktoken'),
    };
  if (names.includes('vocab.json') && names.includes('merges.txt'))
    return { found: 'vocab.json and merges.txt', command: python(folder, 'AutoTokenizer', 'tokenizers') };
  return null;
}

/** @param packages that it needs beside transformers */
function python(folder: string, autoClass: string, packages: string): string {
  const path = JSON.stringify(folder);
  const code = `from transformers import ${autoClass}; ${autoClass}.from_pretrained(${path}).save_pretrained(${path})`;
  return `pip install transformers ${packages} && python3 -c '${code.replaceAll("'", `'\\''`)}'`;
}
