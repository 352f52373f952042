import { join } from 'node:path';
import type { DataRow } from '../../workflows/contracts/data.ts';
import type { TokenizeInput } from '../../workflows/contracts/tokenize.ts';
import type { Example } from '../model/example.ts';
import { readConfig } from '../model/folder/folder.ts';
import { architectureMetadata } from '../model/gguf/architecture.ts';
import { vocabularyMetadata } from '../model/gguf/vocabulary.ts';
import { readStopIds } from '../model/tokenizer/stop-ids.ts';
import { readVocabulary, vocabularySize } from '../model/tokenizer/tokenizer.ts';
import { serve } from '../process/child-service.ts';
import { type BaseModel, chatTemplateOf, prepareBaseModel } from './base-model.ts';
import { type Asked, type Asking, openAsking } from './chat/asking.ts';
import { openChatTemplate } from './chat/chat-template.ts';
import { conversationForm, maskProbe } from './mask/mask-conversation.ts';

/** What the process behind openPrepared is asked. */
export type PreparedRequest =
  | { kind: 'open'; path: string; seed: number; build: string | null }
  | { kind: 'encode'; texts: readonly string[]; addSpecialTokens: boolean }
  | { kind: 'prompts'; asked: readonly Asked[] }
  | { kind: 'examples'; rows: readonly DataRow[] }
  | { kind: 'decode'; ids: readonly (readonly number[])[] }
  | { kind: 'bytes'; ids: readonly number[] }
  | { kind: 'chat'; trial: ChatTrial }
  | { kind: 'gguf'; name: string };

/** What rows of a run will be put into in the format `chat`. */
export interface ChatTrial {
  /** the text of a chat template; null for the model's own */
  template: string | null;
  /** what messages call it */
  name: string;
  /** questions of a row */
  turns: number;
  rewrittenTurns: TokenizeInput['rewrittenTurns'];
}

export type PreparedReply =
  | { kind: 'open'; opened: OpenedFolder }
  | { kind: 'encode'; ids: number[][] }
  | { kind: 'prompts'; ids: number[][] }
  | { kind: 'examples'; examples: (Example | null)[] }
  | { kind: 'decode'; texts: string[] }
  | { kind: 'bytes'; bytes: Uint8Array[] }
  | { kind: 'chat' }
  | { kind: 'gguf' };

export interface OpenedFolder {
  /** where the model is as it is to be used: the folder itself, or what was written of it */
  folder: string;
  /** it is a chat model, asked in a form of its own: no prompt template here taught it that */
  hasOwnForm: boolean;
  /** conversations can be put into its prompt template, as pairs */
  takesPairs: boolean;
  /** tokens that the model's context holds */
  maxPositions: number;
  /** ids that end an answer */
  stopIds: number[];
}

let model: { path: string; base: BaseModel; asking: Asking } | null = null;

serve<PreparedRequest, PreparedReply>(async (request) => {
  switch (request.kind) {
    case 'open':
      return { kind: 'open', opened: await open(request) };
    case 'encode': {
      const { addSpecialTokens } = request;
      const { encode } = opened().base.tokenizer;
      return { kind: 'encode', ids: request.texts.map((text) => encode(text, { addSpecialTokens })) };
    }
    case 'prompts':
      return { kind: 'prompts', ids: request.asked.map(opened().asking.promptIds) };
    case 'examples':
      return { kind: 'examples', examples: request.rows.map(opened().asking.exampleInOwnForm) };
    case 'decode': {
      const { decode } = opened().base.tokenizer;
      return { kind: 'decode', texts: request.ids.map((ids) => decode(ids, { skipSpecialTokens: true })) };
    }
    case 'bytes':
      return { kind: 'bytes', bytes: request.ids.map(opened().base.tokenizer.bytesOf) };
    case 'chat':
      await tryChat(request.trial);
      return { kind: 'chat' };
    case 'gguf':
      await tryGguf(request.name);
      return { kind: 'gguf' };
  }
});

async function open({
  path,
  seed,
  build,
}: Extract<PreparedRequest, { kind: 'open' }>): Promise<OpenedFolder> {
  const base = await prepareBaseModel(path, seed);
  const folder = base.write === null || build === null ? path : join(build, 'model');
  if (folder !== path) await base.write?.(folder);
  const { maxPositions } = base;
  const stopIds = await readStopIds(path, base.tokenizer);
  const asking = await openAsking(path, base);
  model = { path, base, asking };
  const { hasOwnForm, takesPairs } = asking;
  return { folder, hasOwnForm, takesPairs, maxPositions, stopIds };
}

async function tryChat({ template, name, ...options }: ChatTrial): Promise<void> {
  const { path, base } = opened();
  const text = await chatTemplateOf(path, base.files, template);
  const chat = openChatTemplate(text, base.files, { name, timeless: true });
  maskProbe(conversationForm(chat, base.tokenizer), options);
}

async function tryGguf(name: string): Promise<void> {
  const { path, base } = opened();
  const config = await readConfig(path);
  const rows = Math.max(config.vocabSize, vocabularySize(readVocabulary(base.files, path)));
  architectureMetadata(config, name);
  vocabularyMetadata(base, rows, name);
}

function opened() {
  if (model === null) throw new TypeError('no model is open');
  return model;
}
