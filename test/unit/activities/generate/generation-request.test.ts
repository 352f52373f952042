import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encodePrompt } from '../../../../activities/generate/prompt/prompt.ts';
import { generationRequest } from '../../../../activities/generate/prompt/run-prompts.ts';
import { ledgerKey } from '../../../../activities/teacher/ledger/ledger.ts';

const recipe = { instructionsPerPrompt: 20, temperature: 1, topP: 1, maxTokens: 3072 };
const keyOf = (profile: Parameters<typeof generationRequest>[2]) =>
  ledgerKey(generationRequest('Go on.', recipe, profile), 0);

describe('the original request of a prompt', () => {
  // Ledgers exist with these keys: a change of them asks, and pays, for every answer again.
  it('has this key as a chat', () => {
    assert.equal(
      keyOf({ style: 'chat', output: 'text', model: 'm' }),
      '135e749cff8d88a9c8a5d7ed1dda6d5606e96e6539e6321e5e79486bdc3bd5c9',
    );
  });

  it('has this key as a legacy completion', () => {
    assert.equal(
      keyOf({ style: 'completions', output: 'text', model: 'm' }),
      '6ffb3d52aa2a2118fe417cbe573a66f677dbf18a50dadf27ec90b1570e4d26fd',
    );
  });

  it('has the stops that the original sends, one of them twice', () => {
    // generate_instruction.py: stop=["\n20", "20.", "20."]
    assert.deepEqual(
      generationRequest('Go on.', recipe, { style: 'chat', output: 'text', model: 'm' }).stop,
      ['\n20', '20.', '20.'],
    );
  });

  it('has another key as structured output, which no stop sequence may break', () => {
    const structured = { style: 'chat', output: 'structured', model: 'm' } as const;
    assert.deepEqual(generationRequest('Go on.', recipe, structured), {
      style: 'chat',
      output: 'task-list',
      model: 'm',
      temperature: 1,
      topP: 1,
      maxTokens: 3072,
      stop: [],
      messages: [{ role: 'user', content: 'Go on.' }],
    });
    assert.notEqual(keyOf(structured), keyOf({ ...structured, output: 'text' }));
  });
});

describe('the prompt of a structured answer', () => {
  it('shows the same tasks and ends with the form in place of a heading', () => {
    const tasks = [{ instruction: 'Name a colour.', input: '', output: 'Red' }];
    const text = encodePrompt('{count} tasks.', tasks, 20);
    const json = encodePrompt('{count} tasks.', tasks, 20, 'json');
    const shown = text.slice(0, text.lastIndexOf('2. Instruction:'));
    assert.ok(json.startsWith(shown));
    assert.match(
      json.slice(shown.length),
      /^Now write tasks 2 to 20 as JSON: one object whose field "tasks"/,
    );
  });
});
