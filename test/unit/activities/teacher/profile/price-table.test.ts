import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadPriceTable } from '../../../../../activities/teacher/profile/price-table.ts';
import { disposedAfter } from '../../../../disposed-after.ts';

describe('the price table', () => {
  it('has OpenAI’s list prices, for a dated name too, and no price for what it does not know', async () => {
    const table = await loadPriceTable(undefined);
    const mini = { inputUsdPerMillion: 0.15, outputUsdPerMillion: 0.6 };
    assert.deepEqual(table.priceOf('gpt-4o-mini'), mini);
    assert.deepEqual(table.priceOf('gpt-4o-mini-2024-07-18'), mini);
    assert.deepEqual(table.priceOf('gpt-4o-2024-05-13'), { inputUsdPerMillion: 5, outputUsdPerMillion: 15 });
    assert.equal(table.priceOf('gpt-4o-mini-of-mine'), null);
    assert.equal(table.priceOf('toString'), null);
  });

  it('is overruled by the user’s own file', async (test) => {
    const file = disposedAfter(
      test,
      await priceFile(
        '{"models": {"gpt-4o-mini": {"inputUsdPerMillion": 9, "outputUsdPerMillion": 10, "comment": "mine"}}}',
      ),
    );
    const table = await loadPriceTable(file.path);
    assert.deepEqual(table.priceOf('gpt-4o-mini'), { inputUsdPerMillion: 9, outputUsdPerMillion: 10 });
    assert.notEqual(table.priceOf('gpt-4o'), null);
  });

  for (const [text, says] of [
    [
      '{"models": {"m": {"inputUsdPerMillion": -1, "outputUsdPerMillion": 1}}}',
      /models\.m\.inputUsdPerMillion/,
    ],
    ['{"models": ', /cannot be used: SyntaxError/],
  ] as const) {
    it(`names the file and the place where it is ${text}`, async (test) => {
      const file = disposedAfter(test, await priceFile(text));
      await assert.rejects(loadPriceTable(file.path), { code: 'Configuration', message: says });
      await assert.rejects(loadPriceTable(file.path), new RegExp(`${file.path}.*ALPACA_PRICES must name`));
    });
  }
});

async function priceFile(text: string) {
  const folder = await mkdtemp(join(tmpdir(), 'alpaca-prices-'));
  const path = join(folder, 'prices.json');
  await writeFile(path, text);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
