import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import type { Browser, Page } from 'playwright-core';
import { assignedTo } from '../../activities/rate/assignment.ts';
import { disposedAfter } from '../disposed-after.ts';
import { ratingService, type ScriptedRatings } from '../unit/workers/web/scripted-ratings.ts';
import { noBrowser, openBrowser, openPage, seriousFaults } from './chromium.ts';

const PHONE = { width: 420, height: 800 };
const MARKUP = '<script>alert(1)</script><img src=x onerror=alert(2)> ### Response:';
const pairs = ['Name a fruit.', MARKUP, 'Write a line on rain.', 'Sort these words.'].map(
  (instruction, index) => ({
    ...{ dataset: '', instruction, input: index === 3 ? `pear, fig\n${'apple '.repeat(40)}` : '' },
    ...{ answerA: `a${index}: ${MARKUP}`, generatorA: 'tuned' },
    ...{ answerB: `b${index}: ${'A long answer, over lines. '.repeat(8)}`, generatorB: 'base' },
  }),
);

describe('the rating page', { skip: noBrowser }, () => {
  let browser: Browser;
  let root: string;
  let app: FastifyInstance;
  let ratings: ScriptedRatings;
  let url: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-rating-'));
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await rm(root, { recursive: true, force: true });
  });

  const serve = async (mode: 'pairwise' | 'abcd' = 'pairwise') => {
    ({ app, ratings } = await ratingService(root, mode === 'abcd' ? pairs.slice(0, 1) : pairs, { mode }));
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    return { [Symbol.asyncDispose]: () => app.close() };
  };
  /** A page takes no vote in the first moment of an item, and says so by `aria-busy`. */
  const ready = async (page: Page, rated: number) => {
    await page.locator('#count', { hasText: `${rated} of` }).waitFor();
    await page.locator('#item[aria-busy=false]').waitFor();
  };
  const letters = () => ratings.seats[0]?.letters ?? '';
  const untilStored = async (expected: string) => {
    for (let tries = 0; letters() !== expected && tries < 200; tries += 1) await sleep(25);
    assert.equal(letters(), expected);
  };

  it('takes a whole rating by keyboard: vote, tie, skip, undo, hand in', async (test) => {
    disposedAfter(test, await serve());
    const { page, misdeeds } = await openPage(browser, `${url}/rate/test`, { viewport: PHONE });
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/rate/test/${'1'.repeat(16)}`);
    for (const [rated, key] of ['1', '2', 't', 'u', '0', 's'].entries()) {
      await ready(page, [0, 1, 2, 3, 2, 3][rated] ?? 0);
      await page.keyboard.press(key);
    }
    await page.getByText('That was the last one').waitFor();
    assert.equal(await page.locator('#done').isVisible(), false);
    await page.keyboard.press('Enter');
    await page.getByText('Your votes are in').waitFor();

    assert.equal(letters(), '12=-');
    assert.equal(ratings.seats[0]?.state, 'finished');
    const shown = assignedTo(ratings.plan, 0);
    const wins = [shown[0]?.swapped === false, shown[1]?.swapped === true].filter(Boolean).length;
    await page.getByText(`A wins ${wins}, B wins ${2 - wins}, 1 ties`).waitFor();
    assert.deepEqual(misdeeds, []);
  });

  it('shows markup as text, and neither name', async (test) => {
    disposedAfter(test, await serve());
    const { page, misdeeds } = await openPage(browser, `${url}/rate/test/${'1'.repeat(16)}`);
    const place = assignedTo(ratings.plan, 0).findIndex(({ item }) => item === 1);
    for (let rated = 0; rated < place; rated += 1) {
      await ready(page, rated);
      await page.keyboard.press('s');
    }
    await ready(page, place);
    assert.equal(await page.locator('#instruction').textContent(), MARKUP);
    const answers = await page.locator('.answer').allTextContents();
    assert.ok(answers.includes(`a1: ${MARKUP}`));
    assert.doesNotMatch(await page.content(), /tuned|base\b(?!=)/);
    assert.deepEqual(misdeeds, []);
  });

  it('counts a double click once, and a key that is held', async (test) => {
    disposedAfter(test, await serve());
    const { page } = await openPage(browser, `${url}/rate/test/${'1'.repeat(16)}`);
    await ready(page, 0);
    await page.locator('[data-choice=first]').dblclick();
    await ready(page, 1);
    await page.keyboard.down('2');
    for (let repeat = 0; repeat < 5; repeat += 1) await page.keyboard.down('2');
    await page.keyboard.up('2');
    await ready(page, 2);
    await untilStored('12..');
  });

  it('keeps votes while the service is away, over a closed tab, and sends them when it is back', async (test) => {
    disposedAfter(test, await serve());
    const path = `${url}/rate/test/${'1'.repeat(16)}`;
    const { page } = await openPage(browser, path);
    await ready(page, 0);
    ratings.down = true;
    await page.keyboard.press('1');
    await ready(page, 1);
    await page.keyboard.press('2');
    await page.getByText('2 votes are kept here and not sent yet; trying again.').waitFor();
    assert.equal(letters(), '');
    await page.close();

    ratings.down = false;
    const again = await page.context().newPage();
    await again.goto(path);
    await ready(again, 2);
    await untilStored('12..');
    assert.equal(await again.evaluate('localStorage.length'), 0);
  });

  it('takes what another tab did for what stands', async (test) => {
    disposedAfter(test, await serve());
    const path = `${url}/rate/test/${'1'.repeat(16)}`;
    const { page } = await openPage(browser, path);
    const other = await page.context().newPage();
    await other.goto(path);
    await ready(page, 0);
    await ready(other, 0);
    await page.keyboard.press('1');
    await untilStored('1...');
    await other.keyboard.press('2');
    await ready(other, 1);
    await sleep(200);
    assert.equal(letters(), '1...');
    await other.keyboard.press('u');
    await untilStored('....');
    await ready(other, 0);
    await other.keyboard.press('2');
    await untilStored('2...');
  });

  it('grades single answers by keyboard', async (test) => {
    disposedAfter(test, await serve('abcd'));
    const { page } = await openPage(browser, `${url}/rate/test/${'1'.repeat(16)}`, { viewport: PHONE });
    await ready(page, 0);
    await page.keyboard.press('a');
    await ready(page, 1);
    await page.keyboard.press('d');
    await page.locator('#finish').click();
    await page.getByText(/^grades of A: .*; of B: /).waitFor();
    assert.equal(letters(), 'AD');
  });

  for (const colorScheme of ['light', 'dark'] as const)
    it(`has no serious fault that axe finds, and fits a phone (${colorScheme})`, async (test) => {
      disposedAfter(test, await serve());
      const { page, misdeeds } = await openPage(browser, `${url}/rate/test`, {
        colorScheme,
        viewport: PHONE,
      });
      const check = async (name: string) => {
        assert.deepEqual(await seriousFaults(page), [], name);
        assert.equal(await page.evaluate('document.documentElement.scrollWidth'), PHONE.width, name);
        const folder = process.env.ALPACA_SCREENSHOTS;
        if (folder) await page.screenshot({ path: join(folder, `rating-${name}-${colorScheme}.png`) });
      };
      await check('start');
      await page.keyboard.press('Enter');
      for (const rated of [0, 1, 2, 3]) {
        await ready(page, rated);
        if (rated === 0 || rated === 3) await check(`item-${rated}`);
        await page.keyboard.press('1');
      }
      await page.getByText('That was the last one').waitFor();
      await check('end');
      await page.locator('#finish').click();
      await page.getByText(/A wins \d, B wins \d/).waitFor();
      await check('done');
      assert.deepEqual(misdeeds, []);
    });
});
