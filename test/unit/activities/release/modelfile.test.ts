import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Template } from '@huggingface/jinja';
import { builtinPath } from '../../../../activities/artifacts/builtin.ts';
import { loadTokenizer } from '../../../../activities/model/tokenizer/tokenizer.ts';
import { modelfile } from '../../../../activities/release/modelfile.ts';
import { taughtChatTemplate } from '../../../../activities/tokenize/chat/taught-template.ts';
import { RECIPE_TEMPLATE } from '../../../../activities/tokenize/templates.ts';

const RENDER = fileURLToPath(new URL('../../../fixtures/release/render.go', import.meta.url));
const noGo = spawnSync('go', ['version']).status === 0 ? false : 'needs Go, whose templates Ollama takes';

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const CONVERSATIONS = [
  [user('Name a colour.')],
  [{ role: 'system', content: 'Be "brief".' }, user('Say\n{{ this }} """ thing \\n.')],
  [user('One?'), assistant('1'), user('Two?')],
  [user('One?'), user('And two?'), assistant('1, 2'), user('Three?'), assistant('3'), user('Four?')],
];

describe('the Modelfile', () => {
  it('names the file, what ends an answer, and how to decode', () => {
    const text = modelfile({
      ...{ file: 'tiny-f16.gguf', taught: null, stops: ['</s>', '<|"x"|>'], begin: null },
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
      ...{ file: 'a.gguf', taught: RECIPE_TEMPLATE, stops: ['</s>'], begin: '<s>', contextLength: 512 },
    });
    const template = /TEMPLATE """(.*?)"""/s.exec(file)?.[1];
    const { stdout, stderr } = spawnSync('go', ['run', RENDER], {
      input: JSON.stringify({ template, conversations: CONVERSATIONS }),
      encoding: 'utf8',
    });
    assert.equal(stderr, '');
    const jinja = new Template(taughtChatTemplate(RECIPE_TEMPLATE, tokenizer) ?? '');
    const expected = CONVERSATIONS.map((messages) =>
      jinja.render({ messages, bos_token: '<s>', eos_token: '</s>' }).replace(/^<s>/, ''),
    );
    assert.deepEqual(JSON.parse(stdout), expected);
  });
});
