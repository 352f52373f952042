import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { alpaca, up } from './command.ts';

/** The lines of the README: a comparison is started by the command, voted on over HTTP, and counted. */
describe('with the environment up, `alpaca rate`', () => {
  let state: string;
  let end: () => Promise<number>;
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'alpaca-rate-'));
    ({ end } = await up(state));
    const rows = (generator: string) =>
      ['Name a fruit.', 'Name a tree.'].map((instruction) => ({ instruction, output: generator, generator }));
    for (const name of ['tuned', 'base'])
      await writeFile(join(state, `${name}.json`), JSON.stringify(rows(name)));
  });
  after(async () => {
    assert.equal(await end(), 130);
    await rm(state, { recursive: true, force: true });
  });

  const rate = async (...args: string[]) => {
    const { code, stdout, stderr } = await alpaca(state, ['rate', '--json', ...args]);
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout);
  };

  it('prints a link for each rater, and the result once it is closed', async () => {
    const files = ['--a', join(state, 'tuned.json'), '--b', join(state, 'base.json')];
    const { start, raters } = await rate(...files, '--raters', '2', '--workflow-id', 'my-rating');
    assert.equal(raters.length, 2);
    assert.equal((await fetch(start)).status, 200);

    const run = await fetch(new URL('/api/v1/runs/my-rating', start));
    assert.equal(((await run.json()) as { startedBy: string }).startedBy, userInfo().username);

    const [link = ''] = raters as string[];
    assert.equal((await fetch(link)).status, 200);
    const api = link.replace('/rate/', '/api/rate/');
    // For the answer called tuned, wherever this rater sees it.
    for (const item of [0, 1]) {
      const { answers } = (await (await fetch(`${api}/items/${item}`)).json()) as { answers: string[] };
      const choice = answers[0] === 'tuned' ? 'first' : 'second';
      const response = await fetch(`${api}/votes`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-alpaca-rating': '1' },
        body: JSON.stringify({ votes: [{ item, revision: 1, choice }] }),
      });
      assert.equal(response.status, 200, await response.text());
    }
    // By the start page: a browser has a seat, and the same one again; a second one has none of its own any more.
    const takeSeat = async (cookie: string) =>
      (await fetch(`${start.replace('/rate/', '/api/rate/')}/join`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-alpaca-rating': '1', cookie },
        body: '{}',
      }).then((response) => response.json())) as { path?: string; error?: string };
    const { path } = await takeSeat(`alpaca-rater=${'a'.repeat(32)}`);
    assert.match(raters.join(' '), new RegExp(`${path}( |$)`));
    assert.deepEqual(await takeSeat(`alpaca-rater=${'a'.repeat(32)}`), { path });
    assert.match(String((await takeSeat(`alpaca-rater=${'b'.repeat(32)}`)).error), /all 2 seats are taken/);
    const open = await rate('--result', 'my-rating');
    assert.deepEqual([open.state, open.raters], ['open', { wanted: 2, finished: 0 }]);
    const closed = await rate('--close', 'my-rating');
    assert.equal(closed.summary, 'A wins 2, B wins 0, 0 ties');
    assert.equal((await rate('--result', 'my-rating')).summary, closed.summary);
    const text = await alpaca(state, ['rate', '--result', 'my-rating']);
    assert.match(
      text.stdout,
      /^A wins 2, B wins 0, 0 ties\n2 votes on 2 by 0 of 2 raters\nwin rate of A 100\.0%/,
    );
  });

  it('says what is wrong', async () => {
    const files = ['--a', join(state, 'tuned.json')];
    for (const [args, code, message] of [
      [files, 2, /Give two files of answers, --a and --b, or an --evaluation/],
      [['--result', 'none'], 1, /Neither the store .* nor the Temporal server .* knows a run none/],
      [['--evaluation', 'my-rating'], 2, /a completed evaluate or alpaca one has answers/],
      [[...files, '--b', join(state, 'nothing.json')], 1, /There is no file or folder .*nothing\.json/],
    ] as [string[], number, RegExp][]) {
      const finished = await alpaca(state, ['rate', ...args]);
      assert.equal(finished.code, code, finished.stderr);
      assert.match(finished.stderr, message);
    }
  });
});
