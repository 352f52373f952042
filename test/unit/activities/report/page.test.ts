import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { writeComparison } from '../../../../activities/report/comparison.ts';
import { gatherContents } from '../../../../activities/report/gather-contents.ts';
import { writeReport } from '../../../../activities/report/report.ts';
import type { ReportContents } from '../../../../activities/report/report-contents.ts';
import type { EvaluateResult } from '../../../../workflows/contracts/evaluate.ts';
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
  it('has the run’s id in its title, and a list of its sections: what the model can do, then its data', async () => {
    const page = writeReport(await runOf('my-run', {}));
    assert.match(page, /<title>alpaca, run my-run: report<\/title>/);
    const ids = [...page.matchAll(/<a href="#([a-z-]+)">/g)].map(([, id]) => id);
    assert.deepEqual(ids, [
      ...['evaluation', 'what-is-asked-for', 'classes', 'lengths-and-likeness', 'worst-rows'],
      ...['all-rows', 'random-rows', 'the-run'],
    ]);
    for (const id of ids) assert.equal(page.split(`<h2 id="${id}">`).length, 2, id);
  });
});

describe('the summary that a report opens with', () => {
  it('says how good, with the interval, what was made of what, and what it cost', async () => {
    const contents = await runOf('my-run', {});
    const { run } = contents;
    assert.ok(run?.evaluate);
    const evaluate: EvaluateResult = {
      ...run.evaluate,
      ...{ costUsd: 1.5, exactMatch: { rows: 200, right: 150, rate: 0.75, interval: [0.685, 0.805] } },
    };
    const page = writeReport({ ...contents, run: { ...run, evaluate } });
    const [, opening = ''] = page.split('<section aria-label="Summary">');
    const [summary = ''] = opening.split('</section>');
    assert.deepEqual(textsIn(summary), [
      ...['75.0%', 'exact match where the truth is known: 150 of 200, 95% interval 68.5 to 80.5'],
      ...['75.0%', 'win rate over the base, by offline on 4 instructions, 95% interval 26.0 to 100.0'],
      ...['1', 'rows released, 0.0% with an input'],
      ...['from', 'the base model builtin'],
      ...['rows with a fault', '0.0%, by simple checks of words and lengths'],
      ...['cost', '1.50 USD, the machine aside'],
    ]);
  });

  it('says of data alone how many rows, and how many have a fault', async () => {
    const page = writeReport({ ...(await runOf('my-run', {})), run: null, settings: null });
    const [, opening = ''] = page.split('<section aria-label="Summary">');
    assert.deepEqual(textsIn(opening.split('</section>')[0] ?? ''), [
      ...['1', 'rows, 0.0% with an input'],
      ...['0.0%', 'of the rows have a fault that simple checks find'],
    ]);
  });
});

const textsIn = (markup: string) =>
  [...markup.matchAll(/>([^<]+)</g)].map(([, text = '']) => text).filter((text) => text.trim() !== '');

describe('the table of all rows', () => {
  it('has each row with its class, words, likeness and faults, cut, and nothing that ends its element', async () => {
    const instruction = `Write </script><b> ${'x'.repeat(400)}`;
    const rows = [
      { instruction, input: 'a\u202Eb', output: 'One two three.' },
      {
        instruction: 'Greet.',
        input: '',
        output: 'Hello.',
        messages: [
          { role: 'user' as const, content: 'Greet.' },
          { role: 'assistant' as const, content: 'Hello.' },
          { role: 'user' as const, content: 'Again.' },
          { role: 'assistant' as const, content: 'Hello again.' },
        ],
      },
    ];
    const contents = await gatherContents(
      { name: 'alpaca', rows, dataSha256: 'ab'.repeat(32), similarity: null, run: null },
      { store: createLocalStore({ root: tmpdir() }), open: async () => null },
      new AbortController().signal,
    );
    const page = writeReport({ ...contents, likeness: [0.12345, 0] });
    const [, data = ''] = page.split('<script type="application/json" id="row-data">');
    const [json = ''] = data.split('</script>');
    const [classOfFirst, classOfSecond] = contents.analysis.classOfRow;
    assert.deepEqual(JSON.parse(json), [
      [`${instruction.slice(0, 400)} …`, 'a[U+202E]b', 'One two three.', classOfFirst, 3, 0.123, ''],
      [
        'Greet.',
        '',
        'Hello.\n\nuser: Again.\n\nassistant: Hello again.',
        classOfSecond,
        1,
        0,
        'very short instruction',
      ],
    ]);
  });

  it('is run by the one script that the page’s policy names', async () => {
    const page = writeReport(await runOf('my-run', {}));
    const [, script = ''] = /<script>(.*?)<\/script>/s.exec(page) ?? [];
    const digest = createHash('sha256').update(script).digest('base64');
    assert.ok(page.includes(`script-src 'sha256-${digest}'"`));
    assert.equal(page.split('<script').length, 3);
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

  it('have what was right beside each other', async () => {
    const first = await runOf('one', {});
    const { run } = first;
    assert.ok(run?.evaluate);
    const exactMatch = { rows: 200, right: 150, rate: 0.75, interval: [0.685, 0.805] as [number, number] };
    const page = writeComparison(
      { ...first, run: { ...run, evaluate: { ...run.evaluate, exactMatch } } },
      first,
    );
    assert.match(page, /exact match where the truth is known<[\s\S]{0,60}150 of 200: 75\.0%/);
  });
});
