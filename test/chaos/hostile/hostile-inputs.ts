import { execFileSync } from 'node:child_process';
import { cp, open, readFile, writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import { endless, gzipBomb } from '../../unit/activities/teacher/hostile-endpoint.ts';

/** What a run of a stranger is started with, beside an honest one. */
export interface HostileRun {
  workflow: 'generate' | 'dedupe' | 'tokenize' | 'alpaca';
  input: object;
}

export type Attack = 'teacher' | 'model' | 'file';

/** Runs of each kind over what `folder`, an import folder of the workers, is filled with. */
export async function hostileRuns(folder: string): Promise<Record<Attack, HostileRun[]>> {
  const at = (name: string) => join(folder, name);
  await changedModel(at('endless'), 'tokenizer.json', (json) => ({
    ...json,
    pre_tokenizer: { type: 'Split', pattern: { Regex: '(a+)+$' }, behavior: 'Isolated', invert: false },
  }));
  await changedModel(at('far'), 'tokenizer.json', (json) => ({
    ...json,
    added_tokens: [{ id: 4e9, content: '<far>' }],
  }));
  await changedModel(at('deep'), 'config.json', (json) => ({ ...json, num_hidden_layers: 9e15 }));
  execFileSync('mkfifo', [at('fifo.jsonl')]);
  await writeFile(at('nested.json'), '['.repeat(1e6));
  await writeLongLine(at('line.jsonl'), 150);
  const files = ['fifo.jsonl', 'nested.json', 'line.jsonl'];
  return {
    teacher: [
      { workflow: 'generate', input: { teacher: 'hostile', target: 400, concurrency: 8, budgetUsd: 1 } },
    ],
    model: ['endless', 'far', 'deep'].map((name) => ({
      workflow: 'alpaca',
      input: { tokenize: { model: at(name) } },
    })),
    file: [
      ...files.map((name): HostileRun => ({ workflow: 'dedupe', input: { data: at(name) } })),
      ...files.map((name): HostileRun => ({ workflow: 'tokenize', input: { data: at(name) } })),
    ],
  };
}

/** Each of them in turn: megabytes without an end, a bomb, a byte at a time, an error of megabytes. */
export function answerHostilely(response: ServerResponse, turn: number): void {
  const begin = '{"choices":[{"message":{"content":"';
  const answers = [
    () => endless(response, begin),
    () => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB),
    () => {
      const dripping = setInterval(() => response.write('x'), 100);
      response.on('close', () => clearInterval(dripping));
    },
    () => response.writeHead(500).end('x'.repeat(50 << 20)),
  ];
  answers[turn % answers.length]?.();
}

const BOMB = gzipBomb('{"choices":[{"message":{"content":"');

async function changedModel(folder: string, file: string, change: (json: object) => object): Promise<void> {
  await cp(builtinPath('tiny-model', 'en'), folder, { recursive: true });
  const path = join(folder, file);
  await writeFile(path, JSON.stringify(change(Object(JSON.parse(await readFile(path, 'utf8'))))));
}

async function writeLongLine(path: string, megabytes: number): Promise<void> {
  const file = await open(path, 'w');
  await file.write('{"instruction": "');
  for (let written = 0; written < megabytes; written += 1) await file.write('x'.repeat(1 << 20));
  await file.write('"}\n');
  await file.close();
}
