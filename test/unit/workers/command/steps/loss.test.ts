import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { loss } from '../../../../../workers/command/steps/loss.ts';

const TEMPLATE = "{% for m in messages %}{{ '#' + m.content + '</s>' }}{% endfor %}";
const ROW = { instruction: 'Add.', input: '', output: '3' };

describe('alpaca loss', { timeout: 120_000 }, () => {
  let root: string;
  let outer: string | undefined;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-loss-'));
    outer = process.env.ALPACA_STORE;
    process.env.ALPACA_STORE = join(root, 'store');
  });
  after(async () => {
    if (outer === undefined) delete process.env.ALPACA_STORE;
    else process.env.ALPACA_STORE = outer;
    await rm(root, { recursive: true });
  });

  it('puts rows into what the model was taught, and into another form where one is named', async () => {
    const [model, data] = [join(root, 'model'), join(root, 'rows.json')];
    await cp(builtinPath('tiny-model', 'en'), model, { recursive: true });
    await writeFile(join(model, 'chat_template.jinja'), TEMPLATE);
    await writeFile(join(model, 'prompt_template.json'), '{"format": "chat"}');
    await writeFile(data, JSON.stringify([ROW]));
    const targets = async (options: Record<string, unknown>) => {
      let told: unknown;
      const terminal = {
        ...{ json: true, verbose: false, say() {} },
        result: (value: unknown) => {
          told = value;
        },
      };
      await loss(
        { data, model, maxLength: '128', trainOnPrompt: true, ...options },
        terminal,
        new AbortController().signal,
      );
      return Reflect.get(Object(told), 'targets');
    };
    assert.deepEqual([await targets({}), await targets({ format: 'alpaca' })], [7, 34]);
  });
});
