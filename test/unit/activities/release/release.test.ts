import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toJsonLines } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { releaseRows } from '../../../../activities/release/activities.ts';
import type { DataRow } from '../../../../workflows/contracts/data.ts';
import type { DuplicatesReport } from '../../../../workflows/contracts/dedupe.ts';
import { type ReleaseResult, releaseInput } from '../../../../workflows/contracts/release.ts';
import { finishedRun } from './release-run.ts';

const SCRIPT = '<script>alert("x")</script>';

const rows: DataRow[] = [
  {
    instruction: 'Name a colour.',
    input: '',
    output: 'Blue.',
    provenance: { request: 0, prompt: 1, segment: 2, ledgerKey: 'ab12' },
  },
  { instruction: `Escape ${SCRIPT}`, input: '"quoted" & <b>', output: 'zwölf ```fence``` | pipe' },
];

const duplicates: DuplicatesReport = {
  ...{ rows: 1008, kept: 1003, rejected: 5 },
  exactDuplicates: { total: 1, listed: [] },
  normalizedDuplicates: { total: 2, listed: [] },
  clusters: {
    ...{ total: 2, largest: 3 },
    listed: [
      {
        kept: { from: 'against', row: 7, instruction: `Cluster ${SCRIPT}` },
        size: 3,
        rejected: [{ from: 'data', row: 12, instruction: `Clusters ${SCRIPT}`, score: 0.75 }],
      },
    ],
  },
  embedding: {
    ...{ model: 'hashing', rejected: 1 },
    clusters: {
      ...{ total: 1, largest: 1 },
      listed: [
        {
          kept: { from: 'data', row: 3, instruction: 'Write verses' },
          size: 1,
          rejected: [{ from: 'data', row: 9, instruction: 'Compose a poem', cosine: 0.9375 }],
        },
      ],
    },
  },
};

describe('the release', () => {
  let root: string;
  let store: ArtifactStore;
  let result: ReleaseResult;
  let folder: string;

  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-release-'));
    store = createLocalStore({ root });
    const about = { madeBy: 'test' };
    const similar = rows.map((row) => ({
      instruction: row.instruction,
      input: row.input,
      output: row.output,
      most_similar_instructions: { other: 0.5, another: 0.25 },
      avg_similarity_score: 0.1,
    }));
    const requests = Array.from({ length: 20 }, (_, request) => ({
      ...{ request, asked: 85, parsed: 80, malformed: 5, filtered: { 'too-short': 2 }, refused: 0 },
      ...{ similar: request, accepted: 78 - request, promptTokens: 3000, completionTokens: 5000, costUsd: 0 },
    }));
    const losses = Array.from({ length: 50 }, (_, step) => ({ step, loss: 8 / (1 + step / 10), tokens: 5 }));
    result = await releaseRows(
      releaseInput.parse({
        name: 'colours',
        licence: 'cc-by-nc-4.0',
        data: await store.putFile('rows', 'rows.jsonl', toJsonLines(rows), { ...about, rows: 2 }),
        similarity: await store.putFile('similarity', 'rows.jsonl', toJsonLines(similar), about),
        run: finishedRun(
          await store.putFile('metrics', 'metrics.jsonl', toJsonLines(losses), about),
          await store.putFile('duplicates', 'duplicates.json', JSON.stringify(duplicates), about),
          await store.putFile('yield', 'yield.jsonl', toJsonLines(requests), { ...about, rows: 20 }),
        ),
      }),
      { store },
      unwatched,
    );
    folder = await store.open(result.release);
  });
  after(() => rm(root, { recursive: true, force: true }));

  const file = (name: string) => readFile(join(folder, name), 'utf8');

  it('is refused where a row is no text, which its files could not hold as it is', async () => {
    const half = toJsonLines([{ ...rows[0], output: 'Blue\ud83d' }]);
    const data = await store.putFile('rows', 'half.jsonl', half, { rows: 1, madeBy: 'test' });
    const input = releaseInput.parse({ name: 'half', licence: 'cc-by-nc-4.0', data });
    await assert.rejects(releaseRows(input, { store }, unwatched), {
      code: 'InvalidInput',
      message: /half\.jsonl, line 1: output is .*: half of a surrogate pair, which is no text\./,
    });
  });

  it('holds data, similarity, provenance, card, licence and manifest', async () => {
    assert.deepEqual((await readdir(folder)).sort(), [
      'DATASHEET.md',
      'LICENSE',
      'README.md',
      'alpaca_data.json',
      'alpaca_data_similarity.json',
      'data',
      'manifest.json',
      'model',
      'provenance.jsonl',
    ]);
  });

  it('writes the recipe’s file byte by byte: an array, four spaces, three fields', async () => {
    assert.equal(
      await file('alpaca_data.json'),
      `[
    {
        "instruction": "Name a colour.",
        "input": "",
        "output": "Blue."
    },
    {
        "instruction": "Escape <script>alert(\\"x\\")</script>",
        "input": "\\"quoted\\" & <b>",
        "output": "zwölf \`\`\`fence\`\`\` | pipe"
    }
]
`,
    );
    assert.equal(await readFile(await store.open(result.dataset), 'utf8'), await file('alpaca_data.json'));
    assert.equal(result.dataset.rows, 2);
  });

  it('leads each row back to its completion', async () => {
    assert.deepEqual((await file('provenance.jsonl')).trimEnd().split('\n'), [
      '{"row":0,"request":0,"prompt":1,"segment":2,"ledgerKey":"ab12"}',
      '{"row":1}',
    ]);
    const manifest = JSON.parse(await file('manifest.json'));
    assert.equal(manifest.run.workflowId, 'my-run');
    assert.equal(manifest.run.costUsd, 1.25);
    assert.equal(manifest.run.settings.runSeed, 42);
    assert.equal(manifest.provenance.ledger, 'default');
    assert.match(manifest.artifacts['train.model'], /^artifact:\/\/model\//);
  });

  it('shows what the requests brought, first and last, and leads to the file of them', async () => {
    const report = await readFile(await store.open(result.report), 'utf8');
    assert.match(report, /Accepted: 77\.5 a request in the first tenth of the run, 59\.5 in the last\./);
    assert.match(report, /<polyline[^>]*><title>accepted<\/title>/);
    const manifest = JSON.parse(await file('manifest.json'));
    assert.match(manifest.artifacts['generate.yieldByRequest'], /^artifact:\/\/yield\//);
  });

  it('lists every file with the digest that it has', async () => {
    const { files } = JSON.parse(await file('manifest.json'));
    assert.equal(files.length, 9);
    for (const { path, sha256, bytes } of files) {
      const content = await readFile(join(folder, path));
      assert.equal(createHash('sha256').update(content).digest('hex'), sha256);
      assert.equal(content.length, bytes);
    }
  });

  it('writes a card with the hub’s front matter and measured numbers', async () => {
    const card = await file('README.md');
    assert.ok(card.startsWith('---\nlicense: cc-by-nc-4.0\npretty_name: colours\nlanguage:\n- en\n'));
    assert.match(card, /\n- n<1K\n/);
    assert.match(card, /\| rows with an input \| 1 \(50\.0%\) \|/);
    assert.match(card, /\| cost of generation \| 1\.25 USD \|/);
    assert.match(card, /\| dropped by a filter \| 72 \|/);
    assert.match(card, /20 wins, 2 losses, 26 ties: 68\.8% \(95% interval 60\.7 to 76\.8\)/);
    assert.match(card, /is no language model/);
  });

  it('gives the same bytes for the same input', async () => {
    const again = await releaseRows(
      releaseInput.parse({ name: 'seeds', data: result.dataset }),
      { store },
      unwatched,
    );
    const twice = await releaseRows(
      releaseInput.parse({ name: 'seeds', data: result.dataset }),
      { store },
      unwatched,
    );
    assert.equal(again.release.sha256, twice.release.sha256);
    assert.equal(again.dataset.sha256, result.dataset.sha256);
    assert.equal(again.report.sha256, twice.report.sha256);
  });

  describe('its report', () => {
    let report: string;
    before(async () => {
      report = await readFile(await store.open(result.report), 'utf8');
    });

    it('shows text from data as text', () => {
      assert.deepEqual(report.match(/<script[^>]*>/g), [
        '<script type="application/json" id="row-data">',
        '<script>',
      ]);
      assert.ok(report.includes('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;'));
      assert.ok(report.includes('&quot;quoted&quot; &amp; &lt;b&gt;'));
    });

    it('shows the largest clusters of near duplicates', () => {
      assert.ok(report.includes('<h3>3 like row 7 of what was compared against</h3>'));
      assert.ok(report.includes('4 rejected rows in 2 clusters'));
      assert.ok(report.includes('rejected, row 12, ROUGE-L 0.750'));
      assert.ok(report.includes('1 rejected rows in 1 clusters'));
      assert.ok(report.includes('rejected, row 9, cosine of hashing 0.938'));
      assert.ok(
        report.includes('<dd><bdi>Clusters &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;</bdi></dd>'),
      );
    });

    it('says how often its classes are right, on what was held out and on the rest', () => {
      assert.ok(
        report.includes(
          'Of 300 instructions (en) labelled by hand it gets 89 of the 100 right that were held out while its words were chosen, and 187 of the other 200.',
        ),
      );
    });

    it('makes no request of any kind', () => {
      // A link within the page asks for nothing.
      assert.doesNotMatch(report, /\b(src|srcset|action)\s*=|href=(?!"#)|url\(|@import|https?:\/\//);
    });

    it('has the figures of every step', () => {
      for (const text of [
        '68.8% (95% interval 60.7 to 76.8), standard error 4.10',
        '20 of 80: 25.0% (95% interval 16.8 to 35.5)',
        'dropped: forbidden-word',
        '1.25 USD',
        '8.01 → 2.43',
        '3.100', // prompts exchanged
        '4.900', // bigram
        'Likeness to the nearest instruction before it: mean 0.50',
      ])
        assert.ok(report.includes(text), text);
    });

    it('draws its charts inline, each with a name for screen readers', () => {
      const charts = report.match(/<svg class="chart[^"]*"[^>]*role="img" aria-label="[^"]+"/g);
      assert.equal(charts?.length, 8);
      assert.doesNotMatch(report, /NaN|Infinity|undefined|\[object/);
    });
  });
});
