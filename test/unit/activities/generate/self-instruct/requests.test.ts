import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  instanceTokens,
  selfInstructRequest,
  tokenLimit,
} from '../../../../../activities/generate/self-instruct/requests.ts';

const completions = { style: 'completions', model: 'davinci' } as const;
const chat = { style: 'chat', model: 'gpt' } as const;

describe('a request of Self-Instruct', () => {
  it('has the original’s parameters', () => {
    const asked = { style: 'completions', model: 'davinci', prompt: 'p', logitBias: {} };
    assert.deepEqual(selfInstructRequest('instructions', 'p', completions), {
      ...asked,
      ...{ temperature: 0.7, topP: 0.5, presencePenalty: 2, maxTokens: 1024 },
      stop: ['\n\n', '\n16', '16.', '16 .'],
    });
    assert.deepEqual(selfInstructRequest('classification', 'p', completions), {
      ...asked,
      ...{ temperature: 0, topP: 1, maxTokens: 3, stop: ['\n', 'Task'] },
    });
    assert.deepEqual(selfInstructRequest('instances', 'p', completions, 300), {
      ...asked,
      ...{ temperature: 0, topP: 1, presencePenalty: 1.5, maxTokens: 300 },
      stop: ['Example 6', 'Task:'],
    });
  });

  it('has no stop for a chat model that would end its answer too early', () => {
    const stops = (['instructions', 'classification', 'instances'] as const).map(
      (stage) => selfInstructRequest(stage, 'p', chat).stop,
    );
    assert.deepEqual(stops, [['\n16', '16.', '16 .'], [], ['Example 6', '\nTask:']]);
    assert.equal(tokenLimit('classification', chat), 16);
  });

  it('has fewer tokens for instances where a classification is asked with it', () => {
    assert.equal(instanceTokens([false, true, false]), 300);
    assert.equal(instanceTokens([false, false]), 350);
  });
});
