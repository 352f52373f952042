import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { RECIPE_TEMPLATE } from '../../../../activities/tokenize/templates.ts';
import { tokenizeRows } from '../../../../activities/tokenize/tokenize-rows.ts';
import { tokenizeInput } from '../../../../workflows/contracts/tokenize.ts';
import { writeTokens } from './write-tokens.ts';

/** Equal inputs must give equal bytes in every version, or a run that goes on after an update would not. */
describe('the bytes of the tokenize step', () => {
  let root: string;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'tokenize-digests-'));
    store = createLocalStore({ root: join(root, 'store'), importFolders: [root] });
  });
  after(() => rm(root, { recursive: true }));

  it('are these for its defaults', async () => {
    const result = await tokenizeRows(tokenizeInput.parse({}), { store }, unwatched);
    assert.deepEqual(digests(result), {
      tokens: 'f08863a6f8e8918d2b5ca7fc4236ea60ecb5174621e7ce2a1423c8f5ec9ea4ac',
      heldOutTokens: '1adb4f16a899ccbb6c4ff9b9bce87ac2233dd4669b00ada813d6e8020b30a0d2',
      heldOutRows: '97f8c8a178c0725c52cedc1f9c6205c2c3c8588deab0fbe39bb2db6ed24e4caf',
      model: 'e95ce7c73c5c2e09bc591a0fe7c80a3087d6f3a0ff1c9a357a5075a41c6dd636',
    });
  });

  it('are these for rows of which some are cut and some have nothing to learn', async () => {
    const rows = Array.from({ length: 150 }, (_, i) => ({
      instruction: `Write the number ${i} ${i} times.`,
      input: i % 3 === 0 ? `${i} `.repeat(i) : '',
      output: i % 7 === 0 ? `</s>${i}` : `${i} `.repeat(i),
    }));
    const path = join(root, 'rows.json');
    await writeFile(path, JSON.stringify(rows));
    const input = { data: path, maxLength: 128, heldOut: 0.3, runSeed: 5 };
    const result = await tokenizeRows(tokenizeInput.parse(input), { store }, unwatched);
    const { truncated, fullyMasked, endOfTextLost, prefixMismatches } = result;
    assert.deepEqual(
      { truncated, fullyMasked, endOfTextLost, prefixMismatches },
      { truncated: 115, fullyMasked: 42, endOfTextLost: 115, prefixMismatches: 0 },
    );
    assert.deepEqual(digests(result), {
      tokens: '2dae50a0196ef24c99ab365d92e33007f49874b58bdfe731cf0b3894698abd57',
      heldOutTokens: '3bb779744e6df13c50257cca48f6dd2286421995fddf853afa68ab8359e75620',
      heldOutRows: 'f96cee68597b2275bb22f376c53d00e258a64598654c852b60ce871ff99648ba',
      model: 'bda7d484202c07682d7154686d3e0fc07938446295e402cb8f5bc797b20c9e14',
    });
    assert.deepEqual((await store.readManifest(result.heldOutTokens)).settings, {
      runSeed: 5,
      maxLength: 128,
      trainOnPrompt: false,
      heldOut: 0.3,
      specialTokensInRows: 'parse',
      template: RECIPE_TEMPLATE,
      rowsSpellingSpecialTokens: 22,
    });
  });

  it('are these for rows of three groups', async () => {
    const path = join(root, 'groups.parquet');
    const rows = Array.from({ length: 20_001 }, (_, row) => ({
      row,
      inputIds: Int32Array.of(row % 97, 2),
      labels: Int32Array.of(-100, 2),
    }));
    await writeTokens(path, rows);
    const digest = createHash('sha256').update(await readFile(path));
    assert.equal(digest.digest('hex'), '97cac7207e7ef1fd9e2a6caa9e334964ba6280b8fb3ffe2b60c6e21cde2f293f');
  });
});

function digests(result: Awaited<ReturnType<typeof tokenizeRows>>): Record<string, string> {
  const { tokens, heldOutTokens, heldOutRows, model } = result;
  return {
    tokens: tokens.sha256,
    heldOutTokens: heldOutTokens.sha256,
    heldOutRows: heldOutRows.sha256,
    model: model.sha256,
  };
}
