import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import type { AboutModel } from '../../workers/serve/models.ts';
import { type ModelServer, startModelServer } from '../../workers/serve/server.ts';
import { scriptedModels } from '../unit/workers/serve/served-model.ts';
import { noBrowser, openBrowser, openPage, seriousFaults } from './chromium.ts';

async function* slowly(text: string, betweenMs: number): AsyncGenerator<string> {
  for (const character of text) {
    await sleep(betweenMs);
    yield character;
  }
}

const ANSWER = '<script>alert(1)</script> ### Response:';
const KNOWN: AboutModel = { state: 'open', takesConversations: true, base: null, examples: [] };
const ABOUT: Record<string, AboutModel> = {
  tuned: {
    ...KNOWN,
    base: 'base',
    examples: [{ instruction: 'Sort these.', input: 'b, <b>a</b>' }],
  },
  single: { ...KNOWN, takesConversations: false },
  'my-run': { ...KNOWN, state: 'training' },
};

/** What the conversation shows, from the first said to the last. */
const said = (page: Page) => page.locator('.asked, .answer').allTextContents();
const ask = async (page: Page, question: string) => {
  await page.locator('#instruction').fill(question);
  await page.keyboard.press('Control+Enter');
};
/** The sentence of an answer: how many tokens come in a second depends on the machine. */
const ending = (name: string, more = '') =>
  new RegExp(`${name}: 39 tokens(, \\d+\\.\\d a second)?${more}\\.`);

describe('the chat page', { skip: noBrowser }, () => {
  const models = scriptedModels(
    ['tuned', 'single', 'base'],
    ({ prompt }) => {
      if (prompt.includes('for ever')) return slowly('x'.repeat(10_000), 200);
      return prompt.includes('slowly') ? slowly('abcdef', 5) : [ANSWER];
    },
    ABOUT,
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

  it('shows the base beside the model by a switch, answers as text, asked by keyboard alone', async () => {
    const { page, misdeeds } = await openPage(browser, server.url, {
      viewport: { width: 1280, height: 800 },
    });
    await page.getByText('Its base beside it').waitFor();
    await page.getByRole('switch').press('Space');
    await page.locator('#instruction').focus();
    await page.keyboard.type('Sort these.');
    await page.keyboard.press('Tab');
    await page.keyboard.type('b, a');
    await page.keyboard.press('Control+Enter');
    const status = page.locator('#status', { hasText: ending('tuned') });
    await status.filter({ hasText: ending('tuned, before training') }).waitFor();

    assert.deepEqual(await said(page), ['Sort these.\n\nb, a', ANSWER, ANSWER]);
    assert.deepEqual(await page.locator('.bubble h3').allTextContents(), ['tuned', 'tuned, before training']);
    const places = await page
      .locator('.bubble')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
    assert.equal(places[0], places[1]);
    await page.setViewportSize({ width: 420, height: 800 });
    const below = await page
      .locator('.bubble')
      .evaluateAll((all) => all.map((one) => one.getBoundingClientRect().left));
    assert.equal(below[0], below[1]);
    const asked = models.asked.at(-1);
    assert.match(asked?.prompt ?? '', /### Instruction:\nSort these\.\n\n### Input:\nb, a\n\n### Response:$/);
    assert.deepEqual([asked?.options.temperature, asked?.options.topP], [0.7, 0.9]);
    assert.deepEqual(misdeeds, []);
  });

  it('asks an example that the model was taught at a click', async () => {
    const { page, misdeeds } = await openPage(browser, server.url);
    await page.getByRole('button', { name: 'Sort these. b, <b>a</b>' }).click();
    await page.getByText(ending('tuned')).waitFor();
    assert.deepEqual(await said(page), ['Sort these.\n\nb, <b>a</b>', ANSWER]);
    assert.deepEqual(misdeeds, []);
  });

  it('tells how many tokens came in a second', async () => {
    const { page } = await openPage(browser, server.url);
    await ask(page, 'Say slowly.');
    await page.locator('.note', { hasText: /^6 tokens, \d+\.\d a second$/ }).waitFor();
  });

  const FIRST = `First ${'x'.repeat(40)}.`;
  it('keeps a conversation, cuts its earliest turns where it grows too long, says so, and begins anew', async () => {
    const { page, misdeeds } = await openPage(browser, server.url);
    await page.getByText('It is shown what was said before.').waitFor();
    await page.locator('summary').click();
    await page.locator('#maxTokens').fill('40');
    await ask(page, FIRST);
    await page.getByText(ending('tuned')).waitFor();
    await ask(page, 'Second.');
    await page.getByText(ending('tuned', ', not shown the 2 earliest messages')).waitFor();
    assert.deepEqual(await said(page), [FIRST, ANSWER, 'Second.', ANSWER]);
    await page.locator('#anew').click();
    assert.deepEqual(await said(page), []);
    await ask(page, 'Third.');
    await page.getByText(ending('tuned')).waitFor();
    assert.match(models.asked.at(-1)?.prompt ?? '', /^[^.]+\. [^.]+\.\n\n### Instruction:\nThird\.\n/);
    assert.deepEqual(misdeeds, []);
  });

  it('asks a model that was taught single questions each by itself, and says so', async () => {
    const { page } = await openPage(browser, `${server.url}/?model=single`);
    await page.getByText('each question is asked by itself, without what was said before').waitFor();
    await ask(page, 'One.');
    await page.getByText(ending('single')).waitFor();
    await ask(page, 'Two.');
    await page.locator('.turn:nth-child(2) .copy').waitFor();
    assert.doesNotMatch(models.asked.at(-1)?.prompt ?? '', /One\./);
  });

  it('says that a model is still training, and asks it nothing', async () => {
    const { page } = await openPage(browser, `${server.url}/?model=my-run`);
    await page.getByText('my-run is still training').waitFor();
    assert.equal(await page.locator('#send').isDisabled(), true);
  });

  it('goes on asking whether a model in training is there, though one answer did not come', async () => {
    const { page } = await openPage(browser, `${server.url}/?model=my-run`);
    let looks = 0;
    await page.route('**/about?*', (route) => {
      looks += 1;
      return looks === 2 ? route.abort() : route.continue();
    });
    await page.clock.install();
    await page.reload();
    await page.getByText('my-run is still training').waitFor();
    for (let tries = 0; looks < 3 && tries < 200; tries += 1) {
      await page.clock.fastForward(10_000);
      await sleep(20);
    }
    assert.equal(looks >= 3, true);
    assert.equal(await page.locator('#send').isDisabled(), true);
  });

  it('shows what was said before to whichever of two was taught conversations', async () => {
    const { page } = await openPage(browser, `${server.url}/?model=single`);
    await page.getByText('each question is asked by itself, without what was said before').waitFor();
    await page.getByRole('switch').check();
    await page.locator('#other').selectOption('tuned');
    // So that both turns fit the context.
    await page.locator('summary').click();
    await page.locator('#maxTokens').fill('40');
    for (const [at, question] of ['One.', 'Two.'].entries()) {
      await ask(page, question);
      await page.locator(`.turn:nth-child(${at + 1}) .bubble:nth-child(1) .copy`).waitFor();
      await page.locator(`.turn:nth-child(${at + 1}) .bubble:nth-child(2) .copy`).waitFor();
    }
    const shown = models.asked.slice(-2).map(({ prompt }) => prompt.includes('One.'));
    assert.deepEqual(shown.toSorted(), [false, true]);
  });

  it('streams, and stops by Escape', async () => {
    const { page } = await openPage(browser, server.url);
    await ask(page, 'Go on for ever.');
    // Not by a function that the page evaluates: its policy allows none.
    await page.locator('.answer', { hasText: /x{4}/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.getByText('tuned: stopped.').waitFor();
    for (let tries = 0; models.open > 0 && tries < 1000; tries += 1) await sleep(10);
    assert.equal(models.open, 0);
    assert.match((await said(page)).at(-1) ?? '', /^x+$/);
  });

  it('says what the server says where it does not answer, and gives the question back', async () => {
    const { page } = await openPage(browser, server.url);
    await page.locator('#instruction').fill('y'.repeat(400));
    await page.locator('#send').click();
    await page.getByText('tuned did not answer.').waitFor();
    assert.match((await page.locator('.note').textContent()) ?? '', /the prompt alone has 5\d\d/);
    assert.equal(await page.locator('#instruction').inputValue(), 'y'.repeat(400));
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has no serious fault that axe finds, and fits a phone (${colorScheme})`, async () => {
      const { page, misdeeds } = await openPage(browser, server.url, {
        colorScheme,
        viewport: { width: 360, height: 700 },
      });
      await page.locator('summary').click();
      await page.getByRole('switch').check();
      await ask(page, 'Greet me.');
      await page.getByText(ending('tuned')).waitFor();
      assert.deepEqual(await seriousFaults(page), []);
      assert.equal(await page.evaluate('document.documentElement.scrollWidth'), 360);
      assert.deepEqual(misdeeds, []);
    });
});
