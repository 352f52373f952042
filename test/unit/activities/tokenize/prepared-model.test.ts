import assert from 'node:assert/strict';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { checkInput } from '../../../../activities/preflight/check-input.ts';
import { loadProfiles } from '../../../../activities/teacher/profile/profiles.ts';
import { openPrepared } from '../../../../activities/tokenize/prepared-model.ts';
import { tokenizeRows } from '../../../../activities/tokenize/tokenize-rows.ts';
import { alpacaInput } from '../../../../workflows/contracts/pipeline.ts';
import { tokenizeInput } from '../../../../workflows/contracts/tokenize.ts';

const TINY = builtinPath('tiny-model', 'en');

describe('a model folder that is read in a process of its own', () => {
  let folder: string;
  let endless: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-prepared-'));
    // Over a row of letters a that does not end in one, this goes back and forth for longer than anybody lives.
    endless = await withPreTokenizer('endless', '(a+)+$');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function withPreTokenizer(name: string, expression: string): Promise<string> {
    const path = join(folder, name);
    await cp(TINY, path, { recursive: true });
    const file = join(path, 'tokenizer.json');
    const split = { type: 'Split', pattern: { Regex: expression }, behavior: 'Isolated', invert: false };
    const json: unknown = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...Object(json), pre_tokenizer: split }));
    return path;
  }

  it('encodes and decodes as its tokenizer does, and writes nothing', { timeout: 60_000 }, async () => {
    const before = await readdir(TINY);
    const {
      tokenizer,
      folder: used,
      maxPositions,
      stopIds,
      close,
    } = await openPrepared(TINY, { seed: 1, build: null }, unwatched);
    const ids = await tokenizer.encode(['Write a poem.', ''], { addSpecialTokens: false });
    assert.deepEqual(await tokenizer.decode(ids), ['Write a poem.', '']);
    assert.deepEqual([used, maxPositions, stopIds], [TINY, 512, [2]]);
    assert.deepEqual(await readdir(TINY), before);
    await close();
  });

  it('encodes a prompt of a megabyte while this process goes on', { timeout: 60_000 }, async () => {
    const { tokenizer, close } = await openPrepared(TINY, { seed: 1, build: null }, unwatched);
    const order: string[] = [];
    const encoding = tokenizer
      .encode(['Write a poem about rivers. '.repeat(40_000)], { addSpecialTokens: false })
      .then(([ids = []]) => order.push(ids.length > 100_000 ? 'encoded' : `only ${ids.length}`));
    await new Promise<void>((resolve) => setTimeout(resolve)).then(() => order.push('went on'));
    await encoding;
    assert.deepEqual(order, ['went on', 'encoded']);
    await close();
  });

  it('is refused for good where an expression of its tokenizer does not end', {
    timeout: 60_000,
  }, async () => {
    const delay = monitorEventLoopDelay({ resolution: 20 });
    const { tokenizer, close } = await openPrepared(
      endless,
      { seed: 1, build: null, answerWithinMs: 2000 },
      unwatched,
    );
    delay.enable();
    await assert.rejects(tokenizer.encode([`${'a'.repeat(64)}!`], { addSpecialTokens: true }), {
      code: 'InvalidInput',
      message: /endless cannot be used: it took longer than 2 seconds\. Check the expressions/,
    });
    delay.disable();
    assert.ok(delay.max / 1e6 < 1500, `this process stood still for ${delay.max / 1e6} ms`);
    await close();
  });

  it('is let go with the signal, whatever its tokenizer is doing', { timeout: 60_000 }, async () => {
    const stop = new AbortController();
    const { tokenizer, close } = await openPrepared(
      endless,
      { seed: 1, build: null },
      { signal: stop.signal, report() {} },
    );
    const encoding = tokenizer.encode([`${'a'.repeat(64)}!`], { addSpecialTokens: true });
    stop.abort(new Error('terminated'));
    await assert.rejects(encoding, { message: 'terminated' });
    await close();
  });

  it('is refused before anything is paid', { timeout: 60_000 }, async () => {
    const checked = checkInput(alpacaInput.parse({ tokenize: { model: endless } }), {
      store: createLocalStore({ root: join(folder, 'store'), importFolders: [folder] }),
      profiles: await loadProfiles({ env: {}, offlineTeacherUrl: 'http://127.0.0.1:1/v1' }),
      env: {},
      encodeWithinMs: 5000,
    });
    await assert.rejects(checked, { code: 'InvalidInput', message: /took longer than 5 seconds/ });
  });

  it('is refused where rows that it was not tried with make it endless', { timeout: 60_000 }, async () => {
    const rows = join(folder, 'rows.jsonl');
    const row = { instruction: `${'a'.repeat(64)}!`, input: '', output: 'x' };
    await writeFile(rows, `${JSON.stringify(row)}\n`);
    const store = createLocalStore({ root: join(folder, 'store'), importFolders: [folder] });
    const input = tokenizeInput.parse({ data: rows, model: endless });
    await assert.rejects(tokenizeRows(input, { store, silenceMs: 5000 }, unwatched), {
      code: 'InvalidInput',
      message: /^Tokenizing .*rows\.jsonl took longer than 5 seconds, after row 0\./,
    });
    assert.deepEqual(await readdir(join(store.root, 'work')), []);
  });
});
