import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { writeComparison } from '../../../../activities/report/comparison.ts';
import { gatherContents } from '../../../../activities/report/gather-contents.ts';
import { writeReport } from '../../../../activities/report/report.ts';
import type { ReportContents } from '../../../../activities/report/report-contents.ts';
import { alpacaInput } from '../../../../workflows/contracts/pipeline.ts';
import { candidate, comparison, resultWith } from './sections/evaluation-result.ts';

const ROWS = [{ instruction: 'Name a river.', input: '', output: 'Mekong' }];

function runOf(workflowId: string, given: object): Promise<ReportContents> {
  const evaluate = resultWith({ candidates: [candidate('a', 2)], comparisons: [comparison(0, 1)] });
  const steps = { sample: null, generate: null, dedupe: null, filter: null, tokenize: null, train: null };
  const run = { workflowId, runId: 'r', input: alpacaInput.parse(given), ...steps, evaluate };
  return gatherContents(
    { name: 'alpaca', rows: ROWS, dataSha256: 'ab'.repeat(32), similarity: null, run },
    { store: createLocalStore({ root: tmpdir() }), open: async () => null },
    new AbortController().signal,
  );
}

describe('the report of a run', () => {
  it('has the run’s id in its title, and a list of its sections: the data, then what a model learnt', async () => {
    const page = writeReport(await runOf('my-run', {}));
    assert.match(page, /<title>alpaca, run my-run: report<\/title>/);
    const ids = [...page.matchAll(/<a href="#([a-z-]+)">/g)].map(([, id]) => id);
    assert.deepEqual(ids, [
      ...['what-is-asked-for', 'classes', 'lengths-and-likeness', 'worst-rows', 'random-rows'],
      ...['evaluation', 'the-run'],
    ]);
    for (const id of ids) assert.equal(page.split(`<h2 id="${id}">`).length, 2, id);
  });
});

describe('two runs side by side', () => {
  it('are told apart by their ids, and by the settings that differ', async () => {
    const page = writeComparison(await runOf('one', {}), await runOf('two', { train: { epochs: 1 } }));
    assert.match(page, /<h1>alpaca, run one and alpaca, run two<\/h1>/);
    const [, table = ''] = page.split('<h2 id="settings-that-differ">');
    const settings = [...(table.split('</section>')[0] ?? '').matchAll(/<th scope="row">([^<]+)<\/th>/g)];
    assert.deepEqual(
      settings.map(([, name]) => name),
      ['train.epochs'],
    );
  });

  it('of the same settings say so', async () => {
    const page = writeComparison(await runOf('one', {}), await runOf('two', {}));
    assert.match(page, /None: both were asked for the same/);
  });
});
