import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { madeConversations } from './made-conversations.ts';
import { digestOfLines, formFolder, maskedHere } from './masked-by.ts';
import { PUBLISHED_FORMS } from './published-forms.ts';

/**
 * Digests of ids and labels that mask_conversations.py printed with transformers 5.24: without marks by the prefix rule,
 * and with them by the mask that TRL's `assistant_only_loss` goes by. conversation-masks.long.ts compares 5,000 anew.
 */
const BY_TRANSFORMERS: Record<string, [prefix: string, marks: string]> = {
  'Qwen2.5': ['70ae788754613b01', '70ae788754613b01'],
  Qwen3: ['8413686ed2a88d26', '966d779ca0b92ac0'],
  'Llama 3': ['22d2b017bf9b690e', '22d2b017bf9b690e'],
  Mistral: ['4486e20d57eea456', '4486e20d57eea456'],
  SmolLM2: ['e70c895a2305dc10', 'e70c895a2305dc10'],
  Zephyr: ['bd7331184401620d', 'df17d5863ac860da'],
  ChatML: ['569a2faa8add7e71', '569a2faa8add7e71'],
};

describe('conversations in the chat templates of published models', () => {
  let root: string;
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'alpaca-forms-'));
  });
  after(() => rm(root, { recursive: true, force: true }));

  const conversations = madeConversations(300);
  for (const [name, form] of Object.entries(PUBLISHED_FORMS)) {
    const [prefix, marks] = BY_TRANSFORMERS[name] ?? [];
    for (const [which, template, expected] of [
      ['by the prefix rule', form.template, prefix],
      ['by its marks', form.marked, marks],
    ] as const)
      it(`have the ids and labels that transformers gives 300 of them: ${name}, ${which}`, async () => {
        const folder = await formFolder(root, form, template, conversations);
        assert.equal(digestOfLines(await maskedHere(folder, template, conversations)), expected);
      });
  }
});
