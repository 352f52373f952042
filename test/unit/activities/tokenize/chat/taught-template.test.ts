import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { builtinPath } from '../../../../../activities/artifacts/builtin.ts';
import { readJsonObject, toJson } from '../../../../../activities/model/folder/json-file.ts';
import { loadTokenizer, type Tokenizer } from '../../../../../activities/model/tokenizer/tokenizer.ts';
import { openChatTemplate, readChatTemplate } from '../../../../../activities/tokenize/chat/chat-template.ts';
import { taughtFiles } from '../../../../../activities/tokenize/chat/taught-files.ts';
import { taughtChatTemplate } from '../../../../../activities/tokenize/chat/taught-template.ts';
import { maskRow } from '../../../../../activities/tokenize/mask/mask.ts';
import { formatTemplateFile, TEMPLATE_FILE } from '../../../../../activities/tokenize/template-file.ts';
import {
  formatPrompt,
  type PromptTemplate,
  RECIPE_TEMPLATE,
} from '../../../../../activities/tokenize/templates.ts';
import { askingContent } from '../../../../../workflows/contracts/data/conversation.ts';
import { missingFromPython, PYTHON } from '../../../../python.ts';
import { madeRows } from './made-rows.ts';

const run = promisify(execFile);
const FIXTURES = fileURLToPath(new URL('../../../../fixtures/tokenize/', import.meta.url));
const missing = await missingFromPython('transformers', 'jinja2');

const TEMPLATES: Record<string, PromptTemplate> = {
  'the recipe’s': RECIPE_TEMPLATE,
  'a Korean one': {
    withInput: '### 명령어:\n{instruction}\n\n### 맥락:\n{input}\n\n### 응답:\n',
    withoutInput: '### 명령어:\n{instruction}\n\n### 응답:\n',
  },
  'a user’s own': {
    withInput: '{input}\n{% "q" %}\\{{ {instruction} }}\t→ ',
    withoutInput: '{# {instruction} #}\r\n{%- a -%}',
  },
};
const TOKENIZERS: Record<string, string> = {
  'byte-level BPE': builtinPath('tiny-model', 'en'),
  'BPE of Metaspace': `${FIXTURES}metaspace`,
  'BPE that ignores merges': `${FIXTURES}ignore-merges`,
};

describe('the chat template of a trained model', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-chat-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  /** A folder as training writes it, but for the weights. */
  async function trained(tokenizer: string, template: PromptTemplate): Promise<string> {
    const folder = await mkdtemp(join(root, 'model-'));
    await cp(tokenizer, folder, { recursive: true });
    const config = await readJsonObject(join(folder, 'tokenizer_config.json'), { absent: {} });
    // What the base said of itself is not what training taught.
    const base = {
      eos_token: '</s>',
      ...config,
      tokenizer_class: 'GPT2Tokenizer',
      chat_template: 'You are Base.',
    };
    await writeFile(join(folder, 'tokenizer_config.json'), toJson(base));
    await writeFile(join(folder, 'config.json'), toJson({ model_type: 'llama' }));
    await writeFile(join(folder, TEMPLATE_FILE), formatTemplateFile(template));
    for (const [name, content] of await taughtFiles(folder))
      if (content !== null) await writeFile(join(folder, name), content);
    return folder;
  }

  /** Each row as messages, and as training took it. */
  async function rowsOf(folder: string, template: PromptTemplate, count: number) {
    const tokenizer = await loadTokenizer(folder);
    const options = {
      maxLength: 8192,
      trainOnPrompt: false,
      specialTokensInRows: 'parse',
      template,
    } as const;
    return madeRows(count).map((row) => {
      const { inputIds, prefixMismatch } = maskRow(row, tokenizer, options);
      const prompt = tokenizer.encode(formatPrompt(row, template), { addSpecialTokens: true });
      return {
        masked: !prefixMismatch,
        messages: [
          { role: 'user' as const, content: askingContent(row) },
          { role: 'assistant' as const, content: row.output },
        ],
        ...{ prompt, ids: [...inputIds] },
      };
    });
  }

  for (const [which, template] of Object.entries(TEMPLATES))
    for (const [kind, path] of Object.entries(TOKENIZERS)) {
      it(`renders rows as training did, by @huggingface/jinja: ${which}, ${kind}`, async () => {
        const folder = await trained(path, template);
        const tokenizer = await loadTokenizer(folder);
        const files = {
          config: await readJsonObject(join(folder, 'tokenizer_config.json')),
          map: await readJsonObject(join(folder, 'special_tokens_map.json'), { absent: {} }),
        };
        const text = (await readChatTemplate(folder, files)) ?? '';
        assert.equal(files.config.chat_template, text);
        const { render } = openChatTemplate(text, files, { name: folder });
        const idsOf = (messages: Parameters<typeof render>[0], asks: boolean) =>
          tokenizer.encode(render(messages, { asks }).text, { addSpecialTokens: false });
        for (const { messages, prompt, ids } of await rowsOf(folder, template, 200)) {
          assert.deepEqual(idsOf(messages.slice(0, -1), true), prompt);
          assert.deepEqual(idsOf(messages, false), ids);
        }
      });
    }

  it('gives the ids and the mask of every row by apply_chat_template: 0 of 5,000 differ', {
    skip: missing,
  }, async () => {
    const [english, korean, own] = Object.values(TEMPLATES);
    const [bytes, metaspace, ignoring] = Object.values(TOKENIZERS);
    const folders: string[] = [];
    for (const { template = RECIPE_TEMPLATE, tokenizer = '', rows = 500 } of [
      { template: english, tokenizer: bytes, rows: 5000 },
      { template: english, tokenizer: metaspace },
      { template: english, tokenizer: ignoring },
      { template: korean, tokenizer: bytes },
      { template: own, tokenizer: metaspace },
    ]) {
      const folder = await trained(tokenizer, template);
      await writeFile(join(folder, 'rows.json'), JSON.stringify(await rowsOf(folder, template, rows)));
      folders.push(folder);
    }
    const { stdout } = await run(PYTHON, [`${FIXTURES}apply_chat_template.py`, ...folders]);
    const none = (of: number) => ({ of, prompts: 0, rows: 0, masks: 0, eos: 2 });
    assert.deepEqual(JSON.parse(stdout), [none(5000), none(500), none(500), none(500), none(500)]);
  });

  it('shows earlier turns as earlier pairs, and what nobody answered before the next question', async () => {
    const folder = await trained(builtinPath('tiny-model', 'en'), {
      withInput: 'Q {instruction} I {input} A',
      withoutInput: 'Q {instruction} A',
    });
    const text = await readFile(join(folder, 'chat_template.jinja'), 'utf8');
    const { render } = openChatTemplate(
      text,
      { config: { bos_token: '<s>', eos_token: '</s>' }, map: {} },
      { name: folder },
    );
    const conversation = [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'One?' },
      { role: 'assistant', content: ' 1' },
      { role: 'user', content: 'Add.\n\n### Input:\n1 2\n\n### Input:\n3' },
    ] as const;
    assert.equal(
      render(conversation, { asks: true }).text,
      '<s>Q Be brief.\n\nOne? A 1</s><s>Q Add. I 1 2\n\n### Input:\n3 A',
    );
    assert.throws(() => render(conversation.slice(2), { asks: true }), {
      code: 'InvalidInput',
      message:
        /does not take this conversation in its line 5: An assistant message must answer a user message\. Check/,
    });
  });

  it('takes the places where the base had its own, with the token that ends a turn and a class that drops nothing', async () => {
    const base = await trained(builtinPath('tiny-model', 'en'), RECIPE_TEMPLATE);
    await writeFile(join(base, 'generation_config.json'), toJson({ eos_token_id: [7, 8], temperature: 0.6 }));
    await writeFile(join(base, 'chat_template.jinja'), 'You are Base.');
    const files = await taughtFiles(base);
    assert.match(files.get('chat_template.jinja') ?? '', /^\{%- set ns = /);
    const { chat_template, tokenizer_class, model_input_names } = JSON.parse(
      files.get('tokenizer_config.json') ?? '',
    );
    assert.equal(chat_template, files.get('chat_template.jinja'));
    assert.deepEqual(
      [tokenizer_class, model_input_names],
      ['PreTrainedTokenizerFast', ['input_ids', 'attention_mask']],
    );
    assert.deepEqual(JSON.parse(files.get('generation_config.json') ?? ''), {
      eos_token_id: 2,
      temperature: 0.6,
    });
  });

  it('is none where no text has the ids that the tokenizer gives a prompt', () => {
    const letters = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
    const tokenizer: Tokenizer = {
      // What stands before a text has no text of its own.
      encode: (text, { addSpecialTokens }) => [...(addSpecialTokens ? [1] : []), ...letters(text)],
      decode: (ids) => ids.map(() => '?').join(''),
      bytesOf: () => new Uint8Array(),
      encodeAt: (text, places) => ({ ids: letters(text), tokens: [...places] }),
      ...{ endOfText: '</s>', endOfTextId: 2, padId: 2, beginId: null, vocabSize: 256, specialTokens: [] },
    };
    assert.equal(taughtChatTemplate(RECIPE_TEMPLATE, tokenizer), null);
  });
});
