import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { FastifyInstance } from 'fastify';
import type { Browser } from 'playwright-core';
import { toJsonLines } from '../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { createLocalStore } from '../../activities/artifacts/stores/local-store.ts';
import { writeAccepted } from '../../activities/generate/accept/accepted-state.ts';
import { recordNewest } from '../../activities/generate/accept/newest.ts';
import { nothingObserved } from '../../activities/generate/accept/recorded-yield.ts';
import { recordMetrics, type StepMetrics } from '../../activities/train/metrics.ts';
import { progressOf } from '../../workflows/decisions/progress-of.ts';
import { createStageTable } from '../../workflows/decisions/stage-table.ts';
import { noYield } from '../../workflows/decisions/yield-counts.ts';
import { apiService, asked, growingRun } from '../unit/workers/web/api/scripted-api.ts';
import { noBrowser, openBrowser, openPage, seriousFaults } from './chromium.ts';

describe('the pages by which runs are started and changed', { skip: noBrowser }, () => {
  let root: string;
  let app: FastifyInstance;
  let url: string;
  let browser: Browser;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-steering-'));
    store = createLocalStore({ root });
    app = await apiService(store, {});
    await generateAndTrain(store);
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

  it('show a run’s curves and newest rows as they come, to who comes late and to who stays', async () => {
    const { page, misdeeds } = await openPage(browser, `${url}/runs/growing`);
    const caption = (hasText: string) => page.locator('figcaption', { hasText });
    await caption('training 3 after 2 optimizer steps, held out 3.25 after 2 optimizer steps').waitFor();
    await caption('rows 3 after 2 requests').waitFor();
    await page.getByText('too similar (ROUGE-L 0.91) to: Name a bird.').waitFor();
    assert.equal(await page.locator('svg[role=img]').count(), 3);
    await page.locator('summary').first().click();
    await recordMetrics(store, TRAINING, [stepOf(2, 2.5, null)]);
    await caption('training 2.5 after 3 optimizer steps').waitFor();
    assert.equal(await page.locator('details').first().getAttribute('open'), '');
    assert.equal(await page.getByRole('button', { name: 'Set the target' }).isVisible(), false);
    assert.equal(await page.getByRole('button', { name: 'Pause' }).isVisible(), true);
    assert.deepEqual(misdeeds, []);
  });

  for (const colorScheme of ['light', 'dark'] as const)
    for (const width of [420, 1280])
      it(`fit a screen of ${width} pixels, ${colorScheme}, and have no serious fault for who cannot see them`, async () => {
        for (const path of ['/start', '/runs/growing', '/']) {
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

const TRAINING = { run: 'growing/train', identity: 'x' };

function stepOf(step: number, loss: number, heldOutLoss: number | null): StepMetrics {
  return {
    ...{ step, epoch: 0, loss, learningRate: 1, gradientNorm: 1, heldOutLoss, endedAt: 60 + step },
    ...{ tokens: 64, targets: 64, tokensPerSecond: 64, memoryBytes: 1, peakMemoryBytes: 1, tensors: 1 },
  };
}

/** What the run `growing` has done: two requests, and two steps. */
async function generateAndTrain(store: ArtifactStore): Promise<void> {
  const table = createStageTable(['generate', 'train']);
  table.start('generate', new Date(0), 5, 'accepted');
  table.update('generate', { done: 3, note: '2 requests answered' });
  table.finish('generate', new Date(60_000));
  table.start('train', new Date(60_000), 10, 'steps');
  const control = { paused: false, budgetUsd: 1 };
  growingRun.progress = progressOf({ table, control, waitsFor: null, accepted: 3, target: 5 }, new Date());
  const answers = { refused: 0, promptTokens: 1200, completionTokens: 340, costUsd: 0.02 };
  const lines = [1, 2].map((accepted, request) => ({ request, ...noYield(), accepted, ...answers }));
  const yields = [
    await store.putFile('yield', 'yield.jsonl', toJsonLines(lines), { rows: 2, madeBy: 'test' }),
  ];
  const state = { segments: [], accepted: 3, yields, observed: nothingObserved() };
  const pool = await writeAccepted(store, state);
  const row = { instruction: 'Name a bird.', input: '', output: 'The robin.' };
  const why = 'too similar (ROUGE-L 0.91) to: Name a bird.';
  const accepted = [{ ...row, instruction: 'Sort these words.', input: 'pear, apple, fig' }, row];
  const watched = { run: 'growing/generate', at: new Date(30_000).toISOString() };
  await recordNewest(store, watched, { before: null, pool, accepted, refused: [{ ...row, why }] });
  await recordMetrics(store, TRAINING, [stepOf(0, 3.5, null), stepOf(1, 3, 3.25)]);
}
