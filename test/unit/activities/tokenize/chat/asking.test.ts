import assert from 'node:assert/strict';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { loadTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { taughtFiles } from '../../../../../activities/tokenize/chat/taught-files.ts';
import { openPrepared } from '../../../../../activities/tokenize/prepared-model.ts';
import { formatPrompt } from '../../../../../activities/tokenize/templates.ts';

const TINY = builtinPath('tiny-model', 'en');
const OWN =
  '{% for message in messages %}[{{ message.role }}]\n{{ message.content }}{{ eos_token }}\n{% endfor %}' +
  '{% if add_generation_prompt %}[assistant]\n{% endif %}';
const ROW = { instruction: 'Add.', input: '1 2', output: '3' };

describe('how a model is asked', { timeout: 120_000 }, () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-asking-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  async function opened<Result>(
    template: string | null,
    use: (model: Awaited<ReturnType<typeof openPrepared>>) => Promise<Result>,
  ): Promise<Result> {
    const folder = await mkdtemp(join(root, 'model-'));
    await cp(TINY, folder, { recursive: true });
    if (template !== null) await writeFile(join(folder, 'chat_template.jinja'), template);
    const model = await openPrepared(folder, { seed: 1, build: null }, unwatched);
    try {
      return await use(model);
    } finally {
      await model.close();
    }
  }

  it('is the recipe’s template where its folder says nothing, or what training here wrote', async () => {
    const tokenizer = await loadTokenizer(TINY);
    const taught = (await taughtFiles(TINY)).get('chat_template.jinja') ?? '';
    for (const template of [null, taught])
      await opened(template, async (model) => {
        assert.equal(model.hasOwnForm, false);
        const recipe = tokenizer.encode(formatPrompt(ROW), { addSpecialTokens: true });
        const messages = [{ role: 'user', content: 'Add.\n\n### Input:\n1 2' } as const];
        const apart = [{ role: 'user', content: 'Add.', input: '1 2' } as const];
        assert.deepEqual(await model.tokenizer.prompts([ROW, messages, apart]), [recipe, recipe, recipe]);
        assert.deepEqual(await model.tokenizer.examplesInOwnForm([ROW]), [null]);
      });
  });

  it('is its own chat template where it has another, and its loss is of the answer and what ends it', async () => {
    const tokenizer = await loadTokenizer(TINY);
    await opened(OWN, async (model) => {
      assert.equal(model.hasOwnForm, true);
      const asked = '[user]\nAdd.\n\n1 2</s>\n[assistant]\n';
      const prompt = tokenizer.encode(asked, { addSpecialTokens: false });
      const apart = [{ role: 'user', content: 'Add.', input: '1 2' } as const];
      assert.deepEqual(await model.tokenizer.prompts([ROW, apart]), [prompt, prompt]);
      const [example] = await model.tokenizer.examplesInOwnForm([ROW]);
      const targets = [...(example?.labels ?? [])].filter((label) => label !== -100);
      assert.equal(tokenizer.decode(targets, { skipSpecialTokens: false }), '3</s>');
      assert.deepEqual([...(example?.inputIds ?? [])].slice(0, -1), [...prompt, ...targets]);
    });
  });

  it('of a text is the text, whatever its template', async () => {
    const tokenizer = await loadTokenizer(TINY);
    await opened(OWN, async (model) =>
      assert.deepEqual(await model.tokenizer.prompts(['Once']), [
        tokenizer.encode('Once', { addSpecialTokens: true }),
      ]),
    );
  });

  it('is refused where the template is no Jinja, but for a text, or does not take a conversation', async () => {
    await opened('{% for %}', async ({ hasOwnForm, tokenizer }) => {
      assert.equal(hasOwnForm, true);
      await assert.rejects(tokenizer.prompts([ROW]), {
        code: 'InvalidInput',
        message:
          /^The chat template of .*model-\w+ cannot be read in its line 1: .* Mend the template, or put an/,
      });
      assert.equal((await tokenizer.prompts(['Once']))[0]?.length, 4);
      assert.deepEqual(await tokenizer.examplesInOwnForm([ROW]), [null]);
    });
    await opened('{{ raise_exception("no system messages") }}', async ({ tokenizer }) =>
      assert.rejects(tokenizer.prompts([[{ role: 'system', content: 'x' }]]), {
        code: 'InvalidInput',
        message: /does not take this conversation in its line 1: no system messages\. Check the order/,
      }),
    );
  });
});
