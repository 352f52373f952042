import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readEntry } from '../../../../../activities/generate/parse/read-entry.ts';

type Entry = Parameters<typeof readEntry>[0];

const settings = { seedTasksPerPrompt: 3, instructionsPerPrompt: 20 };
const plain = { repeatsHeading: false, wrapsList: false, thinkingMarks: null };
const request: Entry['request'] = { style: 'completion', model: 'm', prompt: 'p' };
const text = ' A\n4. Input:\nB\n4. Output:\nC\n###\n5. Instruction: D\n5. Input:\nE\n5. Output:\nF';
const A = { segment: 0, instruction: 'A', input: 'B', output: 'C' };
const D = { segment: 1, instruction: 'D', input: 'E', output: 'F' };

describe('the answer of a ledger entry', () => {
  it('is whole where the teacher stopped by itself, and else loses its last segment', () => {
    for (const [finishReason, parsed] of [
      ['stop', [A, D]],
      ['length', [A]],
      ['content_filter', [A]],
      ['eos', [A, D]],
      ['MAX_TOKENS', [A]],
      ['model_length', [A]],
      ['error', [A]],
      ['abort', [A]],
      ['tool_calls', [A]],
      ['unheard of', [A]],
    ] as const)
      assert.deepEqual(readEntry({ request, text, finishReason }, settings, plain), { parsed, segments: 2 });
  });

  it('is read as JSON where it was asked for as a list of tasks', () => {
    const { segment: _, ...task } = A;
    const entry: Entry = {
      request: { ...request, output: 'task-list' },
      text: JSON.stringify({ tasks: [task] }),
      finishReason: 'stop',
    };
    assert.deepEqual(readEntry(entry, settings, plain), { parsed: [A], segments: 1 });
  });

  it('ends before the instruction after the last where the endpoint refused the stop sequences, or ignored them', () => {
    const entry: Entry = { request, text: `${text}\n20. Instruction: G`, finishReason: 'stop' };
    assert.deepEqual(readEntry(entry, settings, plain).parsed, [A, D]);
  });

  it('begins behind the thinking of its model, whose drafts are no rows', () => {
    const thinking = { ...plain, thinkingMarks: ['<think>', '</think>'] as [string, string] };
    const read = (text: string, output?: 'task-list') =>
      readEntry({ request: { ...request, output }, text, finishReason: 'stop' }, settings, thinking).parsed;
    const draft = text.replaceAll(/[A-F]\n/g, 'x\n');
    assert.deepEqual(read(`<think>${draft}</think>${text}`), [A, D]);
    assert.deepEqual(read(`${draft}</think>\n\n${text}`), [A, D]);
    assert.deepEqual(read(`<think>${draft}`), []);
    const list = (instruction: string) =>
      JSON.stringify({ tasks: [{ instruction, input: 'B', output: 'C' }] });
    assert.deepEqual(read(`<think>${list('x')}</think>${list('A')}`, 'task-list'), [A]);
  });

  it('is read by the habits of the profile', () => {
    const repeats: Entry = { request, text: `4. Instruction:${text}`, finishReason: 'stop' };
    assert.deepEqual(readEntry(repeats, settings, plain).parsed, [D]);
    assert.deepEqual(readEntry(repeats, settings, { ...plain, repeatsHeading: true }).parsed, [A, D]);
    const wraps: Entry = { request, text: `\`\`\`\n4. Instruction:${text}\n\`\`\``, finishReason: 'stop' };
    assert.deepEqual(readEntry(wraps, settings, { ...plain, wrapsList: true }).parsed, [A, D]);
  });
});
