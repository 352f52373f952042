import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pairs } from '../../../../../workers/command/steps/pairs.ts';

const ANSWERS = { output_1: 'Paris', generator_1: 'base', output_2: 'Rome', generator_2: 'tuned' };
const JUDGED = { instruction: 'Name a city.', input: '', ...ANSWERS, annotator: 'offline' };
const ROW =
  '{"prompt":[{"role":"user","content":"Name a city."}],"chosen":[{"role":"assistant","content":"Rome"}],' +
  '"rejected":[{"role":"assistant","content":"Paris"}],"provenance":{"source":"SOURCE","row":1,' +
  '"annotator":"offline","chosenBy":"tuned","rejectedBy":"base","confidence":1}}\n';

describe('alpaca pairs', () => {
  let folder: string;
  let source: string;
  const said: string[] = [];
  const terminal = {
    ...{ json: false, verbose: false, say: () => {} },
    result: (_: unknown, text: string) => void said.push(text),
  };
  const { signal } = new AbortController();
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-pairs-command-'));
    source = join(folder, 'annotations.json');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('writes a row for each pair in which an answer is preferred, and counts the others', async () => {
    await writeFile(
      source,
      JSON.stringify([
        { ...JUDGED, preference: 1.5 },
        { ...JUDGED, preference: 2 },
      ]),
    );
    const out = join(folder, 'pairs.jsonl');
    await pairs([source], { out, conversational: true }, terminal, signal);
    assert.equal(await readFile(out, 'utf8'), ROW.replace('SOURCE', source));
    assert.deepEqual(said, [
      `1 pair in ${out}; 1 tie, 0 judged differently in the two orders and 0 without a verdict left out`,
    ]);
  });

  it('takes what is no path for a workflow, and says where it looked for one', async () => {
    const out = join(folder, 'of-run.jsonl');
    await assert.rejects(pairs(['no-such-run'], { out }, terminal, signal), / a run no-such-run/);
    await assert.rejects(pairs(['no/such.json'], { out }, terminal, signal), {
      message: 'There is no file or folder no/such.json. Check the path.',
    });
  });

  it('writes nothing where there is none, and says why', async () => {
    await writeFile(source, JSON.stringify([{ ...JUDGED, preference: null }]));
    const out = join(folder, 'none.jsonl');
    await assert.rejects(pairs([source], { out }, terminal, signal), {
      code: 'InvalidInput',
      message: /^In no pair is one answer preferred: 0 ties, .* and 1 without a verdict left out\./,
    });
    await assert.rejects(stat(out), { code: 'ENOENT' });
  });
});
