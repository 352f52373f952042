import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser } from 'playwright-core';
import { type ModelServer, startModelServer } from '../../workers/serve/server.ts';
import { scriptedModels } from '../unit/workers/serve/served-model.ts';
import { noBrowser, openBrowser, openPage, seriousFaults } from './chromium.ts';

async function* slowly(text: string): AsyncGenerator<string> {
  for (const character of text) {
    await sleep(5);
    yield character;
  }
}

describe('the chat page', { skip: noBrowser }, () => {
  const models = scriptedModels(['tuned', 'base'], ({ prompt }) =>
    prompt.includes('for ever')
      ? slowly('x'.repeat(10_000))
      : ['<script>alert(1)</script>', ' ### Response:'],
  );
  let server: ModelServer;
  let browser: Browser;
  before(async () => {
    server = await startModelServer({ models, host: '127.0.0.1', port: 0, token: null });
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await server?.close();
  });

  it('shows two models’ answers side by side as text, asked by keyboard alone', async () => {
    const { page, misdeeds } = await openPage(browser, server.url);
    await page.keyboard.type('Sort these.');
    await page.keyboard.press('Tab');
    await page.keyboard.type('b, a');
    await page.keyboard.press('Control+Enter');
    await page.getByText('tuned: 39 tokens. base: 39 tokens.').waitFor();

    assert.equal(await page.locator('#answer-a').textContent(), '<script>alert(1)</script> ### Response:');
    assert.equal(await page.locator('#answer-b').textContent(), '<script>alert(1)</script> ### Response:');
    const asked = models.asked.at(-1);
    assert.match(asked?.prompt ?? '', /### Instruction:\nSort these\.\n\n### Input:\nb, a\n\n### Response:$/);
    assert.deepEqual([asked?.options.temperature, asked?.options.topP], [0.7, 0.9]);
    assert.deepEqual(misdeeds, []);
  });

  it('streams, and stops by Escape', async () => {
    const { page } = await openPage(browser, server.url);
    await page.locator('#model-b').selectOption('');
    await page.keyboard.type('Go on for ever.');
    await page.keyboard.press('Control+Enter');
    // Not by a function that the page evaluates: its policy allows none.
    await page.locator('#answer-a', { hasText: /x{4}/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('tuned: stopped.').waitFor();
    for (let tries = 0; models.open > 0 && tries < 100; tries += 1) await sleep(10);
    assert.equal(models.open, 0);
    assert.match((await page.locator('#answer-a').textContent()) ?? '', /^x+$/);
  });

  it('says what the server says where it does not answer', async () => {
    const { page } = await openPage(browser, server.url);
    await page.locator('#instruction').fill('y'.repeat(400));
    await page.locator('#send').click();
    await page.getByText('tuned did not answer. base did not answer.').waitFor();
    assert.match((await page.locator('#answer-a').textContent()) ?? '', /the prompt alone has 5\d\d/);
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has no serious fault that axe finds, and fits a phone (${colorScheme})`, async () => {
      const { page, misdeeds } = await openPage(browser, server.url, {
        colorScheme,
        viewport: { width: 360, height: 700 },
      });
      await page.locator('summary').click();
      await page.keyboard.type('Greet me.');
      await page.locator('#instruction').fill('Greet me.');
      await page.locator('#send').click();
      await page.getByText('tuned: 39 tokens.').waitFor();
      assert.deepEqual(await seriousFaults(page), []);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
      assert.deepEqual(misdeeds, []);
    });
});
