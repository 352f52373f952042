import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { alpaca, up } from '../end-to-end/command.ts';
import { animatedPng } from './animated-png.ts';
import { noBrowser, openBrowser, openPage } from './chromium.ts';

/** The run of README's two commands, by a name. */
const RUN = ['run', '--json', '--workflow-id', 'first-run'];
const SIZE = { width: 1000, height: 720 };
const CHAT_SIZE = { width: 1280, height: 800 };
/** Two models are loaded. */
const LOADS_MS = 300_000;
const MOST_FRAMES = 8;
const MOST_BYTES = 600_000;
const BETWEEN_LOOKS_MS = 3_000;
const [SHOWN_MS, LAST_SHOWN_MS] = [1_200, 4_000];

/**
 * The pictures of README: a run's page while the run goes on, and then the chat with its model. Written by
 *
 *     ALPACA_PICTURES=docs/images npm run test:long -- test/browser/pictures.long.ts
 */
describe('the pictures of README', { skip: noBrowser }, () => {
  let state: string;
  let browser: Browser;
  let stood: Awaited<ReturnType<typeof up>>;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-pictures-'));
    stood = await up(state);
    browser = await openBrowser();
  });
  after(async () => {
    await browser?.close();
    await stood?.end();
    await rm(state, { recursive: true, force: true });
  });

  it('have what a run’s page shows from its start to its end (run.png)', async () => {
    const ended = alpaca(state, RUN);
    const url = `${stood.environment.webUrl}/runs/first-run`;
    await begun(url, ended);
    const { page, misdeeds } = await openPage(browser, url, { viewport: SIZE, colorScheme: 'light' });
    const looks = await looksAt(page, ended);
    const { code, stderr } = await ended;
    assert.equal(code, 0, stderr);
    assert.deepEqual(misdeeds, []);
    const picture = withinBytes(looks);
    assert.equal(picture.toString('latin1', 37, 41), 'acTL');
    await keep('run.png', picture);
  });

  it('have a question that the run taught, answered by its model and by its base (chat.png)', async () => {
    const url = `${stood.environment.chatUrl}/?model=first-run`;
    const { page, misdeeds } = await openPage(browser, url, { viewport: CHAT_SIZE, colorScheme: 'light' });
    page.setDefaultTimeout(LOADS_MS);
    await page.getByText('Its base beside it').waitFor();
    await page.getByRole('switch').check();
    await page.locator('.example').first().click();
    await page.locator('.bubble').nth(1).locator('.copy').waitFor();
    await page.locator('.bubble').first().locator('.copy').waitFor();
    assert.deepEqual(misdeeds, []);
    await keep('chat.png', await page.screenshot({ animations: 'disabled', fullPage: true }));
  });
});

async function keep(name: string, picture: Buffer): Promise<void> {
  const folder = process.env.ALPACA_PICTURES;
  if (folder === undefined) return console.log('# not kept: ALPACA_PICTURES names no folder');
  await writeFile(join(folder, name), picture);
  assert.ok((await readFile(join(folder, name))).length <= MOST_BYTES);
}

/** Until there is a run for the page to show, or the command has ended without one. */
async function begun(url: string, ended: Promise<{ stderr: string }>): Promise<void> {
  while (!(await fetch(url)).ok) {
    const over = await Promise.race([ended, sleep(500)]);
    if (over) assert.fail(over.stderr);
  }
}

/** The page at each look that shows something new, the last when the run has ended. */
async function looksAt(page: Page, ended: Promise<unknown>): Promise<Buffer[]> {
  const looks: Buffer[] = [];
  const look = async () => {
    // A browser on a busy machine may fail to draw one: the next look does.
    const picture = await page.screenshot({ animations: 'disabled', timeout: 0 }).catch(() => null);
    if (picture !== null && !looks.at(-1)?.equals(picture)) looks.push(picture);
  };
  let isOver = false;
  const over = ended.then(() => {
    isOver = true;
  });
  while (!isOver) {
    await look();
    await Promise.race([sleep(BETWEEN_LOOKS_MS), over]);
  }
  await page.reload({ waitUntil: 'load' });
  await look();
  assert.ok(looks.length >= 3, 'the page stood still');
  return looks;
}

/** As many of them as fit, evenly drawn, the first and the last among them. */
function withinBytes(looks: readonly Buffer[]): Buffer {
  for (let count = Math.min(MOST_FRAMES, looks.length); count >= 3; count--) {
    const drawn = Array.from({ length: count }, (_, index) =>
      looks.at(Math.round((index * (looks.length - 1)) / (count - 1))),
    ).filter((look) => look !== undefined);
    const picture = animatedPng(
      drawn.map((look, index) => ({
        picture: look,
        ms: index === drawn.length - 1 ? LAST_SHOWN_MS : SHOWN_MS,
      })),
    );
    if (picture.length <= MOST_BYTES) return picture;
  }
  return assert.fail(`three looks have more than ${MOST_BYTES} bytes`);
}
