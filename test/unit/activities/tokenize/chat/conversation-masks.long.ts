import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { missingFromPython, PYTHON } from '../../../../python.ts';
import { madeConversations } from './made-conversations.ts';
import { formFolder, maskedByTransformers, maskedHere } from './masked-by.ts';
import { PUBLISHED_FORMS } from './published-forms.ts';

const run = promisify(execFile);
const noTransformers = await missingFromPython('transformers', 'jinja2');
const noTrl = noTransformers || (await missingFromPython('trl'));

describe('5,000 conversations in the chat templates of published models', { timeout: 3_600_000 }, () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-forms-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const conversations = madeConversations(5000);
  const differing = async (folder: string, template: string, path?: string) => {
    const theirs = await maskedByTransformers(folder, path);
    const ours = await maskedHere(folder, template, conversations);
    assert.equal(theirs.length, 5000);
    return ours.filter((line, i) => line !== theirs[i]).length;
  };

  for (const [name, form] of Object.entries(PUBLISHED_FORMS))
    for (const which of ['template', 'marked'] as const)
      it(`have the ids and labels of transformers: ${name}, ${which}`, { skip: noTransformers }, async () => {
        const folder = await formFolder(root, form, form[which], conversations);
        assert.equal(await differing(folder, form[which]), 0);
      });

  /** The files of the package itself, as it published and as it teaches them. */
  for (const [file, like] of [
    ['qwen2_5', 'Qwen2.5'],
    ['qwen2_5_training', 'Qwen2.5'],
    ['qwen3', 'Qwen3'],
    ['qwen3_training', 'Qwen3'],
    ['llama3', 'Llama 3'],
    ['llama3_training', 'Llama 3'],
  ] as const)
    it(`have those of transformers in the template of TRL: ${file}`, { skip: noTrl }, async () => {
      const find = "import importlib.util as i; print(i.find_spec('trl').submodule_search_locations[0])";
      const { stdout } = await run(PYTHON, ['-c', find]);
      const path = join(stdout.trim(), 'chat_templates', `${file}.jinja`);
      const template = await readFile(path, 'utf8');
      const form = PUBLISHED_FORMS[like];
      assert.ok(form);
      const folder = await formFolder(root, form, template, conversations);
      assert.equal(await differing(folder, template, path), 0);
    });
});
