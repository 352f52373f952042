import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  classificationLine,
  instancesLine,
  instructionLine,
} from '../../../../../activities/generate/self-instruct/files.ts';

const time = '2026-11-29T05:00:00.000Z';
const answered = { outcome: 'answered', finishReason: 'stop', time } as const;
const accepted = {
  instruction: 'Name a river.',
  mostSimilar: { 'Name a lake.': 0.5 },
  averageSimilarity: 0.1,
  request: 4,
  asked: { prompt: 'Go on:\n9.', entry: { ...answered, text: ' Name a river.' } },
};
const metadata = {
  prompt: 'Go on:\n9.',
  response: { choices: [{ text: ' Name a river.', index: 0, logprobs: null, finish_reason: 'stop' }] },
  created_at: time,
};

it('lines have the original’s fields in the original’s order', () => {
  const line = instructionLine(accepted);
  assert.deepEqual(line, {
    instruction: 'Name a river.',
    most_similar: { 'Name a lake.': 0.5 },
    avg_similarity_score: 0.1,
    metadata,
    request_idx: 4,
  });
  assert.equal(
    Object.keys(line).join(' '),
    'instruction most_similar avg_similarity_score metadata request_idx',
  );
  const asked = { prompt: 'Task: Name a river.\n', entry: { ...answered, text: 'Output: Nile' } };
  const instances = instancesLine(accepted, asked);
  assert.equal(
    Object.keys(instances).join(' '),
    'instruction raw_instances instance_metadata instruction_metadata most_similar avg_similarity_score',
  );
  assert.equal(instances.raw_instances, 'Output: Nile');
  assert.equal(instances.instance_metadata.response?.choices[0]?.text, 'Output: Nile');
  assert.deepEqual(instances.instruction_metadata, metadata);
});

it('an answer that was refused is empty, as the original writes one that never came', () => {
  const refused = { ...answered, outcome: 'refused' as const, text: 'content_filter' };
  const asked = { prompt: 'p', entry: refused };
  assert.deepEqual(classificationLine('Name a river.', { ...asked, entry: { ...answered, text: ' No' } }), {
    instruction: 'Name a river.',
    is_classification: ' No',
  });
  assert.equal(classificationLine('Name a river.', asked).is_classification, '');
  const { raw_instances, instance_metadata } = instancesLine(accepted, asked);
  assert.deepEqual([raw_instances, instance_metadata.response], ['', null]);
});
