import { join } from 'node:path';
import { readConfig } from '../model/folder/folder.ts';
import { readStopIds } from '../model/tokenizer/stop-ids.ts';
import type { Tokenizer } from '../model/tokenizer/tokenizer.ts';
import { serve } from '../process/child-service.ts';
import { prepareBaseModel } from './base-model.ts';
import type { PromptTemplate } from './templates.ts';

/** What the process behind openPrepared is asked. */
export type PreparedRequest =
  | { kind: 'open'; path: string; seed: number; build: string | null }
  | { kind: 'encode'; texts: readonly string[]; addSpecialTokens: boolean }
  | { kind: 'decode'; ids: readonly (readonly number[])[] };

export type PreparedReply =
  | { kind: 'open'; opened: OpenedFolder }
  | { kind: 'encode'; ids: number[][] }
  | { kind: 'decode'; texts: string[] };

export interface OpenedFolder {
  /** where the model is as it is to be used: the folder itself, or what was written of it */
  folder: string;
  /** what it was taught with, and so is asked with */
  template: PromptTemplate;
  /** tokens that the model's context holds */
  maxPositions: number;
  /** ids that end an answer */
  stopIds: number[];
}

let tokenizer: Tokenizer | null = null;

serve<PreparedRequest, PreparedReply>(async (request) => {
  switch (request.kind) {
    case 'open':
      return { kind: 'open', opened: await open(request) };
    case 'encode': {
      const { addSpecialTokens } = request;
      const { encode } = opened();
      return { kind: 'encode', ids: request.texts.map((text) => encode(text, { addSpecialTokens })) };
    }
    case 'decode': {
      const { decode } = opened();
      return { kind: 'decode', texts: request.ids.map((ids) => decode(ids, { skipSpecialTokens: true })) };
    }
  }
});

async function open({
  path,
  seed,
  build,
}: Extract<PreparedRequest, { kind: 'open' }>): Promise<OpenedFolder> {
  const base = await prepareBaseModel(path, seed);
  tokenizer = base.tokenizer;
  const folder = base.write === null || build === null ? path : join(build, 'model');
  if (folder !== path) await base.write?.(folder);
  const { maxPositions } = await readConfig(path);
  return { folder, template: base.template, maxPositions, stopIds: await readStopIds(path, tokenizer) };
}

function opened(): Tokenizer {
  if (tokenizer === null) throw new TypeError('no model is open');
  return tokenizer;
}
