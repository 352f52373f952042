import { existsSync } from 'node:fs';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { z } from 'zod';

/** Debian's browser, or the one that CHROMIUM names. */
const PATH = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Why tests in a browser are skipped here; false where they are not, as in CI, which must have one. */
export const noBrowser: string | false =
  existsSync(PATH) || process.env.CI === 'true'
    ? false
    : `there is no browser at ${PATH}: install chromium, or name one in CHROMIUM`;

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PATH,
    args: [
      ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'],
      ...['--disable-background-networking', '--disable-component-update'],
    ],
  });
}

/** A page, and everything that it did which none of ours may: errors, dialogs, requests elsewhere. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<{ page: Page; misdeeds: string[] }> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const misdeeds: string[] = [];
  page.on('pageerror', (error) => misdeeds.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error') misdeeds.push(`console: ${message.text()}`);
  });
  page.on('dialog', (dialog) => {
    misdeeds.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url());
    if (protocol !== 'data:' && origin !== new URL(url).origin) misdeeds.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  // A key that is pressed before would go nowhere.
  if ((await page.locator('[autofocus]').count()) > 0) await page.locator('[autofocus]:focus').waitFor();
  return { page, misdeeds };
}

/** What axe finds that is serious or critical: its rule and where. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // Into the page as the debugger would, which the page's own content policy does not bind.
  await page.evaluate(axe.source);
  const found = violations.parse(await page.evaluate('axe.run().then(({ violations }) => violations)'));
  return found
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

const violations = z.array(
  z.object({ id: z.string(), impact: z.string().nullable(), nodes: z.array(z.object({ html: z.string() })) }),
);
