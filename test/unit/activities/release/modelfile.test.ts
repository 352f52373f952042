import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Template } from '@huggingface/jinja';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { loadTokenizer } from '../../../../activities/model/tokenizer/tokenizer.ts';
import { modelfile } from '../../../../activities/release/modelfile.ts';
import { openChatTemplate } from '../../../../activities/tokenize/chat/chat-template.ts';
import { namedTemplatePath, nameOfTemplate } from '../../../../activities/tokenize/chat/named-templates.ts';
import { taughtChatTemplate } from '../../../../activities/tokenize/chat/taught-template.ts';
import { RECIPE_TEMPLATE } from '../../../../activities/tokenize/templates.ts';
import type { Message } from '../../../../workflows/contracts/data/conversation.ts';

const RENDER = fileURLToPath(new URL('../../../fixtures/release/render.go', import.meta.url));
const noGo = spawnSync('go', ['version']).status === 0 ? false : 'needs Go, whose templates Ollama takes';

const user = (content: string): Message => ({ role: 'user', content });
const assistant = (content: string): Message => ({ role: 'assistant', content });
const CONVERSATIONS: Message[][] = [
  [user('Name a colour.')],
  [{ role: 'system', content: 'Be "brief".' }, user('Say\n{{ this }} """ thing \\n.')],
  [user('One?'), assistant('1'), user('Two?')],
  [user('One?'), user('And two?'), assistant('1, 2'), user('Three?'), assistant('3'), user('Four?')],
];

describe('the Modelfile', () => {
  it('names the file, what ends an answer, and how to decode', () => {
    const text = modelfile({
      ...{ file: 'tiny-f16.gguf', taught: null, named: null, stops: ['</s>', '<|"x"|>'] },
      ...{ begin: null, spelledBegin: null },
      contextLength: 512,
    });
    assert.deepEqual(text.split('\n'), [
      'FROM ./tiny-f16.gguf',
      '# Asked by the chat template of its base, which Ollama knows by itself or not: see its TEMPLATE.',
      'PARAMETER stop "</s>"',
      'PARAMETER stop "<|\\"x\\"|>"',
      'PARAMETER temperature 0.7',
      'PARAMETER top_p 0.9',
      'PARAMETER num_ctx 512',
      '',
    ]);
  });

  it('asks as the chat template does, but for the begin token that llama.cpp puts first', {
    skip: noGo,
  }, async () => {
    const tokenizer = await loadTokenizer(builtinPath('tiny-model', 'en'));
    const file = modelfile({
      ...{ file: 'a.gguf', taught: RECIPE_TEMPLATE, named: null, stops: ['</s>'], begin: '<s>' },
      ...{ spelledBegin: null, contextLength: 512 },
    });
    const rendered = renderedByGo(file);
    const jinja = new Template(taughtChatTemplate(RECIPE_TEMPLATE, tokenizer) ?? '');
    const expected = CONVERSATIONS.map((messages) =>
      jinja.render({ messages, bos_token: '<s>', eos_token: '</s>' }).replace(/^<s>/, ''),
    );
    assert.deepEqual(rendered, expected);
  });

  for (const name of ['chatml', 'llama3', 'mistral', 'zephyr'] as const)
    it(`asks as builtin:${name} does`, { skip: noGo }, async () => {
      const text = await readFile(namedTemplatePath(`builtin:${name}`) ?? '', 'utf8');
      assert.equal(await nameOfTemplate(text), name);
      const file = modelfile({
        ...{ file: 'a.gguf', taught: null, named: name, stops: ['</s>'], begin: null, spelledBegin: '<s>' },
        contextLength: 512,
      });
      const template = openChatTemplate(
        text,
        { config: { bos_token: '<s>', eos_token: '</s>' }, map: {} },
        { name },
      );
      const expected = CONVERSATIONS.map((messages) => template.render(messages, { asks: true }).text);
      assert.deepEqual(renderedByGo(file), expected);
    });
});

/** What Go makes of the conversations by a Modelfile's template. */
function renderedByGo(file: string): unknown {
  const template = /TEMPLATE """(.*?)"""/s.exec(file)?.[1];
  const { stdout, stderr } = spawnSync('go', ['run', RENDER], {
    input: JSON.stringify({ template, conversations: CONVERSATIONS }),
    encoding: 'utf8',
  });
  assert.equal(stderr, '');
  return JSON.parse(stdout);
}
