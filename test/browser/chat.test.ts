import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { type ModelServer, startModelServer } from '../../workers/serve/server.ts';
import { scriptedModels } from '../unit/workers/serve/served-model.ts';
import { noBrowser, openBrowser, openPage, seriousFaults } from './chromium.ts';

async function* slowly(text: string): AsyncGenerator<string> {
  for (const character of text) {
    await sleep(5);
    yield character;
  }
}

/** What a pane shows, from the first said to the last. */
const said = (page: Page, pane: string) => page.locator(`#conversation-${pane} p`).allTextContents();

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

    for (const pane of ['a', 'b'])
      assert.deepEqual(await said(page, pane), [
        'Sort these.\n\nb, a',
        '<script>alert(1)</script> ### Response:',
      ]);
    const asked = models.asked.at(-1);
    assert.match(asked?.prompt ?? '', /### Instruction:\nSort these\.\n\n### Input:\nb, a\n\n### Response:$/);
    assert.deepEqual([asked?.options.temperature, asked?.options.topP], [0.7, 0.9]);
    assert.deepEqual(misdeeds, []);
  });

  const FIRST = `First ${'x'.repeat(40)}.`;
  it('keeps a conversation, cuts its earliest turns where it grows too long, says so, and begins anew', async () => {
    const { page, misdeeds } = await openPage(browser, server.url);
    await page.locator('#model-b').selectOption('');
    await page.locator('summary').click();
    await page.locator('#maxTokens').fill('40');
    for (const [question, ending] of [
      [FIRST, 'tuned: 39 tokens.'],
      ['Second.', 'tuned: 39 tokens, not shown the 2 earliest messages.'],
    ] as const) {
      await page.locator('#instruction').fill(question);
      await page.keyboard.press('Control+Enter');
      await page.getByText(ending, { exact: true }).waitFor();
    }
    assert.deepEqual(await said(page, 'a'), [
      ...[FIRST, '<script>alert(1)</script> ### Response:'],
      'The model is no longer shown what is above.',
      ...['Second.', '<script>alert(1)</script> ### Response:'],
    ]);
    await page.locator('#anew').click();
    assert.deepEqual(await said(page, 'a'), []);
    await page.keyboard.type('Third.');
    await page.keyboard.press('Control+Enter');
    await page.getByText('tuned: 39 tokens.', { exact: true }).waitFor();
    assert.match(models.asked.at(-1)?.prompt ?? '', /^[^.]+\. [^.]+\.\n\n### Instruction:\nThird\.\n/);
    assert.deepEqual(misdeeds, []);
  });

  it('streams, and stops by Escape', async () => {
    const { page } = await openPage(browser, server.url);
    await page.locator('#model-b').selectOption('');
    await page.keyboard.type('Go on for ever.');
    await page.keyboard.press('Control+Enter');
    // Not by a function that the page evaluates: its policy allows none.
    await page.locator('#conversation-a .answer', { hasText: /x{4}/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('tuned: stopped.').waitFor();
    for (let tries = 0; models.open > 0 && tries < 100; tries += 1) await sleep(10);
    assert.equal(models.open, 0);
    assert.match((await said(page, 'a')).at(-1) ?? '', /^x+$/);
  });

  it('says what the server says where it does not answer, and gives the question back', async () => {
    const { page } = await openPage(browser, server.url);
    await page.locator('#instruction').fill('y'.repeat(400));
    await page.locator('#send').click();
    await page.getByText('tuned did not answer. base did not answer.').waitFor();
    assert.match((await said(page, 'a')).at(-1) ?? '', /the prompt alone has 5\d\d/);
    assert.equal(await page.locator('#instruction').inputValue(), 'y'.repeat(400));
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has no serious fault that axe finds, and fits a phone (${colorScheme})`, async () => {
      const { page, misdeeds } = await openPage(browser, server.url, {
        colorScheme,
        viewport: { width: 360, height: 700 },
      });
      await page.locator('summary').click();
      await page.locator('#instruction').fill('Greet me.');
      await page.locator('#send').click();
      await page.getByText('tuned: 39 tokens.').waitFor();
      assert.deepEqual(await seriousFaults(page), []);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
      assert.deepEqual(misdeeds, []);
    });
});
