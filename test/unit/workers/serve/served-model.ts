import type { Asked as Question } from '../../../../activities/tokenize/chat/asking.ts';
import { openChatTemplate } from '../../../../activities/tokenize/chat/chat-template.ts';
import { joinedMessages } from '../../../../activities/tokenize/chat/conversation.ts';
import { taughtChatTemplate, WITHOUT_FRAME } from '../../../../activities/tokenize/chat/taught-template.ts';
import { formatPrompt, RECIPE_TEMPLATE } from '../../../../activities/tokenize/templates.ts';
import type { AboutModel, ServedModels } from '../../../../workers/serve/models.ts';
import type { ServedModel } from '../../../../workers/serve/open-model.ts';

/** Of single bytes; 0 ends the text. */
const textOf = (ids: readonly number[]) => Buffer.from(ids).toString('utf8');
const { render } = openChatTemplate(
  taughtChatTemplate(RECIPE_TEMPLATE, WITHOUT_FRAME) ?? '',
  { config: { eos_token: '\0' }, map: {} },
  { name: 'scripted' },
);
const promptOf = (asked: Question) => {
  if (typeof asked === 'string') return asked;
  return 'instruction' in asked
    ? formatPrompt(asked)
    : render(joinedMessages(asked, { hasOwnForm: false }), { asks: true }).text;
};
const byteTokenizer: ServedModel['tokenizer'] = {
  prompts: async (asked) => asked.map((one) => [...Buffer.from(promptOf(one))]),
  decode: async (all) => all.map(textOf),
  bytesOf: async (ids) => ids.map((id) => Uint8Array.of(id)),
};

export interface Asked {
  prompt: string;
  options: Parameters<ServedModel['stream']>[1];
}

/** A byte is the less likely the higher it is, and the likeliest are those from it on. */
const logprobsOf = (id: number, count: number) => ({
  logprob: -id / 1000,
  top: Array.from({ length: count }, (_, i) => ({ id: id + i, logprob: -(id + i) / 1000 })),
});

const OPEN: AboutModel = { state: 'open', takesConversations: false, base: null, examples: [] };

/** Models that answer with what `reply` says, a byte at a time, and keep what they were asked; `known` is told of some. */
export function scriptedModels(
  names: readonly string[],
  reply: (asked: Asked) => AsyncIterable<string> | Iterable<string>,
  known: Record<string, AboutModel> = {},
): ServedModels & { asked: Asked[]; open: number } {
  const state = { asked: [] as Asked[], open: 0 };
  const models = new Map<string, ServedModel>(
    names.map((name) => [
      name,
      {
        name,
        fingerprint: `print-of-${name}`,
        contextLength: 400,
        stopIds: [0],
        tokenizer: byteTokenizer,
        async *stream(prompt, options) {
          const asked = { prompt: textOf(prompt), options };
          state.asked.push(asked);
          state.open += 1;
          try {
            let left = options.maxNewTokens;
            for await (const text of reply(asked))
              for (const byte of Buffer.from(text)) {
                if (left === 0) return;
                left -= 1;
                const { topLogprobs = null } = options;
                yield { id: byte, logprobs: topLogprobs === null ? null : logprobsOf(byte, topLogprobs) };
              }
          } finally {
            state.open -= 1;
          }
        },
      },
    ]),
  );
  return Object.assign(state, {
    names: async () => names,
    has: async (name: string) => models.has(name),
    about: async (name: string) => known[name] ?? (models.has(name) ? OPEN : undefined),
    async take(name: string) {
      const model = models.get(name);
      return model && { model, release() {} };
    },
    close: async () => {},
  });
}
