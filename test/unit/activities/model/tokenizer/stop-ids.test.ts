import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { readStopIds } from '../../../../../activities/model/tokenizer/stop-ids.ts';

describe('the ids that end an answer', () => {
  const tokenizer = { endOfTextId: 2 };
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-stop-'));
  });
  after(() => rm(folder, { recursive: true }));

  const named = async (content: string) => {
    await writeFile(join(folder, 'generation_config.json'), content);
    return readStopIds(folder, tokenizer);
  };

  it('are the tokenizer’s end of text where the folder says no more', async () => {
    assert.deepEqual(await readStopIds(folder, tokenizer), [2]);
    assert.deepEqual(await named('{}'), [2]);
    assert.deepEqual(await named('{"eos_token_id": null}'), [2]);
    assert.deepEqual(await named('{"eos_token_id": 2}'), [2]);
  });

  it('are those of generation_config.json beside it, as chat models have them', async () => {
    assert.deepEqual(await named('{"eos_token_id": [2, 1716]}'), [2, 1716]);
    assert.deepEqual(await named('{"eos_token_id": 128009}'), [2, 128009]);
  });

  it('are refused where they are none', async () => {
    await assert.rejects(named('{"eos_token_id": "</s>"}'), {
      code: 'InvalidInput',
      message: /generation_config\.json: eos_token_id is "<\/s>"\. Give a token id, or a list of them\./,
    });
  });
});
