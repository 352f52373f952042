import { AlpacaError } from '../../../activities/errors.ts';
import type { Asked } from '../../../activities/tokenize/chat/asking.ts';
import type { AskedMessage } from '../../../activities/tokenize/chat/conversation.ts';
import type { Refusal } from '../../openai-answers.ts';
import { withoutPaths } from '../../without-paths.ts';
import type { ServedModel } from '../open-model.ts';
import { promptTooLong, wrongField } from '../refusals.ts';
import type { ModelQuestion } from '../request/protocol.ts';

/** The ids of what a model is asked. */
interface FittingPrompt {
  ids: number[];
  /** the conversation's earliest messages that are not among them */
  droppedMessages: number;
}

/** Of the context, what an answer has where earlier turns give way: this share, or its token limit if that is less. */
const SHARE_OF_ANSWER = 1 / 4;

/**
 * Tokenizes what is asked. A conversation that is longer than the context loses its earliest turns where the client
 * has asked for that, never its system messages or its last question; as few as leave the answer its share. Where the
 * client has not, or what must stay is too long, it is refused.
 */
export async function fittingPrompt(
  asked: Asked,
  { truncates, maxNewTokens }: Pick<ModelQuestion, 'truncates' | 'maxNewTokens'>,
  model: Pick<ServedModel, 'tokenizer' | 'contextLength'>,
): Promise<FittingPrompt | { refused: Refusal }> {
  const whole = await promptIds(asked, model.tokenizer);
  if ('refused' in whole) return whole;
  if (whole.length === 0 || asked === '') return { refused: wrongField('prompt', 'it is empty') };
  const { contextLength } = model;
  const shorter = isConversation(asked) ? withoutEarliestTurns(asked) : [];
  const room = contextLength - Math.min(maxNewTokens, Math.floor(contextLength * SHARE_OF_ANSWER));
  if (!truncates || shorter.length === 0 || whole.length <= room) {
    if (whole.length < contextLength) return { ids: whole, droppedMessages: 0 };
    return { refused: promptTooLong(contextLength, whole.length, shorter.length > 0 && !truncates) };
  }
  const cut = await longestWithin(room, shorter, model.tokenizer);
  if ('refused' in cut || cut.ids.length < contextLength) return cut;
  return { refused: promptTooLong(contextLength, cut.ids.length, false) };
}

function isConversation(asked: Asked): asked is readonly AskedMessage[] {
  return typeof asked !== 'string' && !('instruction' in asked);
}

/** A conversation without its first turn, its first two, and so on, down to its last question; a turn begins with a question. */
function withoutEarliestTurns(
  messages: readonly AskedMessage[],
): { messages: AskedMessage[]; dropped: number }[] {
  const system = messages.filter(({ role }) => role === 'system');
  const turns = messages.filter(({ role }) => role !== 'system');
  return turns.flatMap(({ role }, start) =>
    start > 0 && role === 'user' && turns[start - 1]?.role !== 'user'
      ? [{ messages: [...system, ...turns.slice(start)], dropped: start }]
      : [],
  );
}

/** The longest of ever shorter conversations that has no more tokens than `room`; the shortest where none has. */
async function longestWithin(
  room: number,
  shorter: readonly { messages: AskedMessage[]; dropped: number }[],
  tokenizer: Pick<ServedModel['tokenizer'], 'prompts'>,
): Promise<FittingPrompt | { refused: Refusal }> {
  let [low, high] = [0, shorter.length - 1];
  for (;;) {
    const middle = (low + high) >> 1;
    const { messages = [], dropped = 0 } = shorter[middle] ?? {};
    const ids = await promptIds(messages, tokenizer);
    if ('refused' in ids) return ids;
    if (low === high) return { ids, droppedMessages: dropped };
    if (ids.length <= room) high = middle;
    else low = middle + 1;
  }
}

/** A conversation that the model's chat template does not take is the client's to change. */
async function promptIds(
  asked: Asked,
  tokenizer: Pick<ServedModel['tokenizer'], 'prompts'>,
): Promise<number[] | { refused: Refusal }> {
  try {
    const [ids = []] = await tokenizer.prompts([asked]);
    return ids;
  } catch (error) {
    if (typeof asked === 'string' || !(error instanceof AlpacaError) || error.code !== 'InvalidInput')
      throw error;
    return { refused: wrongField('messages', withoutPaths(error.message)) };
  }
}
