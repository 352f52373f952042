import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { apiService, asked } from '../unit/workers/web/api/scripted-api.ts';
import { noBrowser, openBrowser, openPage, seriousFaults } from './chromium.ts';

describe('the pages by which runs are started and changed', { skip: noBrowser }, () => {
  let root: string;
  let app: FastifyInstance;
  let url: string;
  let browser: Browser;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-steering-'));
    app = await apiService(createLocalStore({ root }), {});
    url = await app.listen({ host: '127.0.0.1', port: 0 });
    browser = await openBrowser();
  });
  after(async () => {
    await browser.close();
    await app.close();
    await rm(root, { recursive: true, force: true });
  });

  it('start a run from a form, by keyboard, once the estimate was agreed to', async () => {
    const { page, misdeeds } = await openPage(browser, `${url}/start`);
    await page.getByLabel('generate.target').focus();
    await page.keyboard.type('50');
    await page.locator('summary', { hasText: 'train' }).click();
    await page.getByLabel('train.packing').selectOption('true');
    await page.getByLabel('generate.target').focus();
    const before = asked.length;
    await page.keyboard.press('Enter');
    await page.getByText('It costs nothing.\nStart this run?').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#confirm').waitFor({ state: 'hidden' });
    assert.equal(asked.length, before + 1);
    await page.getByLabel('generate.target').focus();
    await page.keyboard.press('Enter');
    await page.getByText('Start this run?').waitFor();
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.waitForURL(`${url}/runs/alpaca-1`);
    const { visitor: _, key, ...start } = asked.at(-1) ?? assert.fail();
    assert.deepEqual(start, {
      workflow: 'alpaca',
      input: { generate: { target: 50 }, train: { packing: true } },
    });
    assert.match(String(key), /^[0-9a-f]{32}$/);
    assert.deepEqual(misdeeds, []);
  });

  it('say which field is wrong, at it', async () => {
    const { page, misdeeds } = await openPage(browser, `${url}/start`);
    await page.locator('summary', { hasText: 'run' }).click();
    await page.getByLabel('languages').fill('{ko');
    await page.getByRole('button', { name: 'Estimate, then start' }).click();
    await page.locator('#languages-problem', { hasText: 'This is no JSON.' }).waitFor();
    assert.equal(await page.getByLabel('languages').getAttribute('aria-invalid'), 'true');
    assert.deepEqual(misdeeds, []);
  });

  it('change a run by buttons that ask again, the number along where there is one', async () => {
    const { page, misdeeds } = await openPage(browser, `${url}/runs/one`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByRole('button', { name: 'No' }).click();
    await page.getByRole('button', { name: 'Set the target' }).click();
    await page.getByRole('spinbutton', { name: 'Accepted instructions' }).fill('70');
    await page.getByRole('button', { name: 'Yes' }).click();
    await page.getByText('Set the target: done.').waitFor();
    const { visitor: _, ...update } = asked.at(-1) ?? assert.fail();
    assert.deepEqual(update, { run: 'one', name: 'setTarget', body: { target: 70 }, key: null });
    assert.deepEqual(misdeeds, []);
  });

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [420, 1280])
      it(`fit a screen of ${width} pixels, ${colorScheme}, and have no serious fault for who cannot see them`, async () => {
        for (const path of ['/start', '/runs/one', '/']) {
          const { page } = await openPage(browser, url + path, {
            ...{ colorScheme, viewport: { width, height: 900 } },
          });
          if (path === '/start') await page.locator('summary', { hasText: 'generate' }).click();
          assert.deepEqual(await seriousFaults(page), [], path);
          const beyond = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';
          assert.equal(await page.evaluate(beyond), 0, path);
          if (process.env.ALPACA_SCREENSHOTS)
            await page.screenshot({
              path: join(
                process.env.ALPACA_SCREENSHOTS,
                `${path.replaceAll('/', '_')}-${width}-${colorScheme}.png`,
              ),
            });
          await page.context().close();
        }
      });
});
