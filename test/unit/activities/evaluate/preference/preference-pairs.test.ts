import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { preferencePairsOf } from '../../../../../activities/evaluate/preference/preference-pairs.ts';

const QUESTION = { dataset: '', instruction: 'Add the numbers.', input: '2 and 3' };
const ANSWERS = { output_1: '6', generator_1: 'base', output_2: '5', generator_2: 'tuned' };
const AGREED = { output_1_first: 'output_2', output_2_first: 'output_2', agree: true };
const pair = (found: object) => ({ ...QUESTION, ...ANSWERS, annotator: 'offline', ...found });

describe('chosen and rejected answers', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-pairs-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const pairsOf = async (annotations: object[], form: 'plain' | 'conversational' = 'plain') => {
    const path = join(folder, 'annotations.json');
    await writeFile(path, JSON.stringify(annotations));
    return preferencePairsOf(path, 'my-run', form);
  };

  it('come from a judge that prefers one answer in both orders, in the recipe’s template', async () => {
    assert.deepEqual(await pairsOf([pair({ preference: 2, verdicts: AGREED })]), {
      rows: [
        {
          prompt:
            'Below is an instruction that describes a task, paired with an input that provides further context. ' +
            'Write a response that appropriately completes the request.\n\n' +
            '### Instruction:\nAdd the numbers.\n\n### Input:\n2 and 3\n\n### Response:',
          chosen: '5',
          rejected: '6',
          provenance: {
            ...{ source: 'my-run', row: 0, annotator: 'offline' },
            ...{ chosenBy: 'tuned', rejectedBy: 'base', confidence: 1 },
          },
        },
      ],
      counts: { pairs: 1, ties: 0, disagreements: 0, unjudged: 0 },
    });
  });

  it('are conversations where these are asked for', async () => {
    const { rows } = await pairsOf([pair({ preference: 1 })], 'conversational');
    assert.deepEqual(
      [rows[0]?.prompt, rows[0]?.chosen, rows[0]?.rejected],
      [
        [{ role: 'user', content: 'Add the numbers.\n\n### Input:\n2 and 3' }],
        [{ role: 'assistant', content: '6' }],
        [{ role: 'assistant', content: '5' }],
      ],
    );
  });

  it('come from the votes of people, with who voted for what', async () => {
    const votes = [
      { rater: 0, verdict: 'B', first: 'A' },
      { rater: 1, verdict: 'tie', first: 'B' },
    ];
    const { rows } = await pairsOf([pair({ annotator: 'people', preference: 1.25, votes })]);
    assert.deepEqual(rows[0]?.provenance, {
      ...{ source: 'my-run', row: 0, annotator: 'people' },
      ...{ chosenBy: 'base', rejectedBy: 'tuned', confidence: 0.75 },
      votes: [
        { rater: 0, for: 'chosen' },
        { rater: 1, for: 'tie' },
      ],
    });
  });

  it('leave out, and count, ties, orders that disagree and pairs without a verdict', async () => {
    const found = await pairsOf([
      pair({ preference: 1.5, verdicts: { ...AGREED, output_1_first: 'tie', output_2_first: 'tie' } }),
      pair({ preference: 2, output_1: '5' }),
      pair({ preference: 1.5, verdicts: { ...AGREED, agree: false } }),
      pair({ preference: null, verdicts: { ...AGREED, agree: false } }),
    ]);
    assert.deepEqual(found, { rows: [], counts: { pairs: 0, ties: 2, disagreements: 1, unjudged: 1 } });
  });

  it('are no rows of another kind', async () => {
    await assert.rejects(pairsOf([{ instruction: 'Add.', output: '5' }]), {
      code: 'InvalidInput',
      message: /my-run.*output_1/s,
    });
  });
});
