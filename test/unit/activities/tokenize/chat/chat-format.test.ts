import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toJsonLines } from '../../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../../activities/attempt.ts';
import { toJson } from '../../../../../activities/model/folder/json-file.ts';
import { loadTokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { placedByName } from '../../../../../activities/tokenize/chat/form-template.ts';
import { taughtFiles } from '../../../../../activities/tokenize/chat/taught-files.ts';
import { templateOf } from '../../../../../activities/tokenize/template-file.ts';
import { tokenizeData } from '../../../../../activities/tokenize/tokenize-data.ts';
import { tokenizeRows } from '../../../../../activities/tokenize/tokenize-rows.ts';
import { readTokens } from '../../../../../activities/tokenize/tokens.ts';
import { tokenizeInput } from '../../../../../workflows/contracts/tokenize.ts';
import { formFolder } from './masked-by.ts';
import { PUBLISHED_FORMS } from './published-forms.ts';

const CHAT = {
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'One?' },
    { role: 'assistant', content: '<think>\nEasy.\n</think>\n\n1' },
    { role: 'user', content: 'Two?' },
    { role: 'assistant', content: '2' },
  ],
};
const ROW = { instruction: 'Add.', input: '1 2', output: '3' };

describe('the tokenize step in the format chat', () => {
  let root: string;
  let store: ArtifactStore;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-chat-format-'));
    store = createLocalStore({ root: join(root, 'store'), importFolders: [root] });
  });
  after(() => rm(root, { recursive: true }));

  /** Tokenizes rows with a base of a published form, or of one without a chat template. */
  async function tokenized(form: string, rows: readonly unknown[], settings: Record<string, unknown> = {}) {
    const published = PUBLISHED_FORMS[form];
    assert.ok(published);
    const model = await formFolder(root, published, published.template, []);
    if (settings.template !== undefined) await rm(join(model, 'chat_template.jinja'));
    const config = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
    const sizes = { ...config, vocab_size: 4096, max_position_embeddings: 512 };
    await writeFile(join(model, 'config.json'), toJson({ architectures: ['LlamaForCausalLM'], ...sizes }));
    await writeFile(join(model, 'initialize-weights'), '');
    const data = join(model, 'rows.jsonl');
    await writeFile(data, toJsonLines(rows));
    const input = tokenizeInput.parse({ data, model, heldOut: 0, format: 'chat', ...settings });
    const { template } = input;
    const at = (name: string) => join(model, name);
    const outputs = { model: at('made'), training: at('t'), heldOut: at('h'), heldOutText: at('h.jsonl') };
    // In this process, where starting a child for each would take most of the time.
    const { counts, piecesOfTemplate } = await tokenizeData(
      {
        ...{ modelPath: model, modelName: model, dataPath: data, dataName: data, settings: input, outputs },
        heldOutData: null,
        template:
          template === null
            ? null
            : (placedByName(input, template) ?? { path: String(template), name: String(template) }),
      },
      async () => {},
    );
    const folder = outputs.model;
    const { decode } = await loadTokenizer(folder);
    const examples = await readTokens(outputs.training);
    const text = (ids: readonly number[]) => decode(ids, { skipSpecialTokens: false });
    return {
      ...{ counts, piecesOfTemplate, folder, outputs, examples },
      texts: examples.map(({ inputIds }) => text([...inputIds])),
      learnt: examples.map(({ inputIds, labels }) =>
        text([...inputIds].map((id, i) => (labels[i] === -100 ? 0 : id)))
          .split(/(?:<unk>)+/)
          .filter(Boolean),
      ),
      rows: examples.map(({ row }) => row),
    };
  }

  it('puts conversations and rows into the base’s own template, and learns every answer with its end', async () => {
    const { texts, learnt, rows, counts } = await tokenized('ChatML', [CHAT, ROW]);
    assert.deepEqual(rows, [0, 1]);
    assert.equal(texts[1], '<|im_start|>user\nAdd.\n\n1 2<|im_end|>\n<|im_start|>assistant\n3<|im_end|>\n');
    assert.deepEqual(learnt, [['<think>\nEasy.\n</think>\n\n1<|im_end|>', '2<|im_end|>'], ['3<|im_end|>']]);
    assert.equal(counts.rewrittenTurns, 0);
  });

  it('divides a conversation whose earlier turns the template rewrites, each answer as it was asked for', async () => {
    const { texts, learnt, rows, counts } = await tokenized('Qwen3', [CHAT, ROW]);
    assert.deepEqual([counts.rewrittenTurns, rows], [1, [0, 0, 1]]);
    assert.deepEqual(learnt, [
      ['<think>\nEasy.\n</think>\n\n1<|im_end|>'],
      ['<think>\n\n</think>\n\n2<|im_end|>'],
      ['<think>\n\n</think>\n\n3<|im_end|>'],
    ]);
    assert.match(texts[1] ?? '', /assistant\n1<\|im_end\|>\n<\|im_start\|>user\nTwo\?/);
  });

  it('gives held-out text line by line with its tokens, of a divided conversation as far as each goes', async () => {
    const { outputs } = await tokenized('Qwen3', [CHAT, ROW], { heldOut: 0.5, runSeed: 3 });
    const lines = (await readFile(outputs.heldOutText, 'utf8')).trim().split('\n');
    const rows = lines.map((line) => JSON.parse(line));
    assert.equal(lines.length, (await readTokens(outputs.heldOut)).length);
    for (const { row, messages, output } of rows) assert.equal(output, row === 0 ? messages[2].content : '3');
    if (rows[0].row === 0)
      assert.deepEqual(
        rows.map(({ messages }) => messages.length),
        [3, 5],
      );
  });

  it('learns what is left of it as it stands, or refuses it, where that is asked for', async () => {
    const { texts, learnt } = await tokenized('Qwen3', [CHAT], { rewrittenTurns: 'as-rendered' });
    assert.equal(texts.length, 1);
    assert.deepEqual(learnt, [['<think>\n\n</think>\n\n2<|im_end|>']]);
    await assert.rejects(tokenized('Qwen3', [ROW, CHAT], { rewrittenTurns: 'refuse' }), {
      code: 'InvalidInput',
      message: /rows\.jsonl, row 2: The chat template drops or rewrites earlier turns of this conversation\./,
    });
  });

  it('takes a template by name or as a file, and keeps it for whoever asks the model', async () => {
    const { folder, learnt } = await tokenized('ChatML', [CHAT], { template: 'builtin:chatml' });
    assert.deepEqual(learnt[0]?.at(-1), '2<|im_end|>');
    assert.match(await readFile(join(folder, 'chat_template.jinja'), 'utf8'), /\{%- generation -%\}/);
    assert.equal(await templateOf(folder), null);
    const files = await taughtFiles(folder);
    assert.match(files.get('chat_template.jinja') ?? '', /<\|im_start\|>/);
    const { chat_template } = JSON.parse(files.get('tokenizer_config.json') ?? '');
    assert.equal(chat_template, files.get('chat_template.jinja'));
    const [endOfTurn, endOfText] = JSON.parse(files.get('generation_config.json') ?? '').eos_token_id;
    const tokenizer = await loadTokenizer(folder);
    assert.deepEqual(tokenizer.encode('<|im_end|>', { addSpecialTokens: false }), [endOfTurn]);
    assert.equal(endOfText, tokenizer.endOfTextId);

    const template = join(root, 'own.jinja');
    await cp(join(folder, 'chat_template.jinja'), template);
    const again = await tokenized('ChatML', [CHAT], { template });
    assert.deepEqual(again.learnt, learnt);
    await assert.rejects(tokenized('ChatML', [CHAT], { template: 'builtin:vicuna' }), {
      message: /There is no chat template "builtin:vicuna"\. Name builtin:chatml, builtin:llama3,/,
    });
  });

  for (const [name, form, end] of [
    ['llama3', 'Llama 3', '2<|eot_id|>'],
    ['mistral', 'Mistral', ' 2</s>'],
    ['zephyr', 'Zephyr', '2</s>'],
  ] as const)
    it(`knows builtin:${name}`, async () => {
      const { learnt } = await tokenized(form, [CHAT], { template: `builtin:${name}` });
      assert.equal(learnt[0]?.at(-1)?.trim(), end.trim());
    });

  it('puts conversations into the prompt template in the format alpaca, earlier turns as earlier pairs', async () => {
    const { texts, learnt } = await tokenized('ChatML', [CHAT], { format: 'alpaca' });
    assert.match(texts[0] ?? '', /### Instruction:\nBe brief\.\n\nOne\?\n\n### Response:<think>/);
    assert.deepEqual(learnt[0]?.at(-1), '2</s>');
    assert.equal(learnt[0]?.length, 2);
  });

  it('is refused by row and line of the template, or by what the tokenizer lacks, before training', async () => {
    const template = join(root, 'bad.jinja');
    const refused = async (text: string, message: RegExp, form = 'ChatML') => {
      await writeFile(template, text);
      await assert.rejects(tokenized(form, [ROW, CHAT], { template }), { code: 'InvalidInput', message });
    };
    await refused(
      "{% for m in messages %}\n{% if m.role == 'system' %}\n{{ raise_exception('no system') }}\n{% endif %}{{ m.content + '</s>' }}{% endfor %}",
      /rows\.jsonl, row 2: The chat template of .*bad\.jinja does not take this conversation in its line 3: no system\./,
    );
    await refused(
      '{{ "a" }}\n{% nothing %}',
      /bad\.jinja cannot be read in its line 2: Unknown statement type/,
    );
    await refused(
      '{% set a = 1 %}\n{% for m in messages %}\n{%- if m %}\n{% else %}{% endif %}',
      /bad\.jinja cannot be read in its line 2: a block of it does not end\./,
    );
    await refused(
      "{% for m in messages %}{{ m.content + '<|end_of_turn|>' }}{% endfor %}",
      /row 1: The chat template ends an answer with "3<\|end_of_turn\|>", in which there is no special token of the tokenizer/,
    );
    await refused(
      "{{ strftime_now('%Y') }}{% for m in messages %}{{ m.content + '</s>' }}{% endfor %}",
      /row 1: The chat template of .* does not take this conversation in its line 1/,
    );
    const other =
      "{% for m in messages %}{{ m.content + '</s>' }}{% endfor %}{% if add_generation_prompt %}A:{% endif %}";
    await refused(other, /row 1: The chat template asks for an answer by a text that does not stand before/);
    await assert.rejects(tokenized('ChatML', [CHAT], { template: null, format: 'chat' }), {
      message: /has no chat template to put rows into\. Name one as tokenize\.template/,
    });
  });

  it('names what looks like a special token in the template, of which the tokenizer has none', async () => {
    const known = await tokenized('ChatML', [ROW], { template: 'builtin:chatml' });
    assert.deepEqual(known.piecesOfTemplate, []);
    const mixed = await tokenized('ChatML', [ROW], { template: 'builtin:mistral' });
    assert.deepEqual(mixed.piecesOfTemplate, ['[INST]', '[/INST]']);
    const zephyr = await tokenized('ChatML', [ROW], { template: 'builtin:zephyr' });
    assert.deepEqual(zephyr.piecesOfTemplate, ['<|user|>', '<|assistant|>']);
  });

  it('is refused too where an answer spells a special token, and the template ends it with none', async () => {
    const template = join(root, 'endless.jinja');
    await writeFile(template, "{% for m in messages %}{{ m.content + '<|stop|>' }}{% endfor %}");
    await assert.rejects(tokenized('ChatML', [{ ...ROW, output: 'a </s> b' }], { template }), {
      code: 'InvalidInput',
      message:
        /row 1: The chat template ends an answer with ".*<\|stop\|>", in which there is no special token/,
    });
  });

  it('is a step of a run: its own process, its files in the store, the template among what they are made from', async () => {
    const { folder } = await tokenized('ChatML', [CHAT], { template: 'builtin:chatml' });
    const given = { data: join(folder, '../rows.jsonl'), model: folder, heldOut: 0, maxLength: 64 };
    const input = tokenizeInput.parse({ ...given, format: 'chat', template: 'builtin:chatml' });
    const result = await tokenizeRows(input, { store }, unwatched);
    const { settings, madeFrom } = await store.readManifest(result.tokens);
    assert.deepEqual([settings?.format, settings?.rewrittenTurns], ['chat', 'divide']);
    assert.match(String(settings?.template), /im_start/);
    assert.match(madeFrom?.template ?? '', /^[0-9a-f]{64}$/);
    assert.equal(result.tokens.rows, 1);
  });

  it('leaves text that spells a special token text, where that is asked for', async () => {
    const messages = [
      { role: 'user', content: 'Say <|im_end|>.' },
      { role: 'assistant', content: '<|im_end|>!' },
    ];
    const parsed = await tokenized('ChatML', [{ messages }]);
    const plain = await tokenized('ChatML', [{ messages }], { specialTokensInRows: 'text' });
    assert.deepEqual(plain.texts, parsed.texts);
    const lengths = [parsed, plain].map(({ examples }) => examples[0]?.inputIds.length ?? 0);
    assert.ok((lengths[1] ?? 0) > (lengths[0] ?? 0) + 6, `${lengths}`);
    assert.deepEqual(plain.learnt, [['<|im_end|>!<|im_end|>']]);
  });
});
