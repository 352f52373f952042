import { setImmediate } from 'node:timers/promises';
import { AlpacaError } from '../errors.ts';
import { serve } from '../process/child-service.ts';
import { applyAdapter, readAdapter } from './adapter/folder.ts';
import { mergeAdapter } from './adapter/merge.ts';
import { type DecodeOptions, decode, type IndexedPrompt } from './decode.ts';
import { DecodingSessions } from './decoding-sessions.ts';
import { checkExample } from './example.ts';
import { type Model, readModel } from './folder/folder.ts';
import { readTensors, type Weight } from './folder/safetensors.ts';
import { Llama } from './llama/model.ts';
import { rowLosses } from './losses.ts';
import type { CompletionOptions, ModelReply, ModelRequest, TrainedWeights } from './model-requests.ts';

/** Prompts decoded together. */
const DECODE_ROWS = 32;

let model: Llama | null = null;
const sessions = new DecodingSessions();

// The entry of the child process behind openModel.
serve<ModelRequest, ModelReply>(async (request) => {
  switch (request.kind) {
    case 'open':
      model = await load(request);
      return { kind: 'opened' };
    case 'losses':
      return { kind: 'losses', losses: await rowLosses(opened(), request.examples) };
    case 'complete':
      return { kind: 'complete', completions: await complete(opened(), request.prompts, request.options) };
    case 'step':
      for (const { prompt } of request.step.begin) checkPrompt(opened(), prompt, 'The prompt');
      return { kind: 'step', result: sessions.step(opened(), request.step) };
  }
});

async function load({
  modelPath,
  trained,
  adapterPath,
  precision,
}: Extract<ModelRequest, { kind: 'open' }>): Promise<Llama> {
  const base = await readModel(modelPath);
  const model = adapterPath === null ? base : applyAdapter(base, await readAdapter(adapterPath));
  const weights = trained === null ? model.weights : await withTrained(model, trained);
  return new Llama(model.config, weights, precision === 'bf16' ? 'bfloat16' : 'float32');
}

async function withTrained(
  { config, weights }: Model,
  { path, lora }: TrainedWeights,
): Promise<Map<string, Weight>> {
  const found = new Map<string, Weight>();
  for await (const { name, ...weight } of readTensors(path)) found.set(name, weight);
  if (lora) return mergeAdapter(config, weights, found, lora);
  for (const [name, { shape }] of found) {
    if (weights.get(name)?.shape.join() === shape.join()) continue;
    throw new AlpacaError('InvalidInput', `${path} has ${name} [${shape}], which the model has not.`, {
      remedy: 'Name a checkpoint of this model.',
    });
  }
  return new Map([...weights, ...found]);
}

async function complete(
  model: Llama,
  prompts: readonly (readonly number[])[],
  { topK = null, ...options }: CompletionOptions,
): Promise<number[][]> {
  for (const [index, ids] of prompts.entries()) checkPrompt(model, ids, `Prompt ${index}`);
  const completions: number[][] = prompts.map(() => []);
  const decoding: DecodeOptions = { ...options, topK };
  const indexed: IndexedPrompt[] = prompts.map((ids, index) => ({ index, ids }));
  indexed.sort((a, b) => b.ids.length - a.ids.length || a.index - b.index);
  for (let start = 0; start < indexed.length; start += DECODE_ROWS) {
    let tokens = 0;
    for (const { prompt, id } of decode(model, indexed.slice(start, start + DECODE_ROWS), decoding)) {
      completions[prompt]?.push(id);
      // Now and then the event loop gets a turn, so that a parent that is gone is noticed.
      tokens += 1;
      if (tokens % 256 === 0) await setImmediate();
    }
  }
  return completions;
}

function checkPrompt(model: Llama, ids: readonly number[], name: string): void {
  if (ids.length === 0) throw new AlpacaError('InvalidInput', `${name} is empty.`);
  const prompt = { inputIds: Int32Array.from(ids), labels: new Int32Array() };
  checkExample(prompt, model.config, name, 'Shorten the prompt.');
}

function opened(): Llama {
  if (!model) throw new TypeError('no model is open');
  return model;
}
