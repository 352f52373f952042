import { z } from 'zod';
import { likelyTokens, type TokenUsage } from '../profile/prices.ts';
import type { TeacherProfile } from '../profile/profiles.ts';
import { type CompletionsRequest, promptText, type TeacherRequest } from '../request-body.ts';
import { type BelievedUsage, believedUsage, sayMisstated } from './believed-usage.ts';
import { divideTokens } from './divide-tokens.ts';
import { isAtLimit, isBrokenOff, isFiltered, isWholeEnd } from './ends.ts';
import { unavailable } from './failures.ts';
import { chatMessage, type ReadMessage, readMessage } from './message.ts';
import { errorFailure, type StatedError, statedError, unreadable, usesTokens } from './stated-error.ts';
import { withoutThinking } from './thinking.ts';

export interface TeacherAnswer {
  text: string;
  /** what the endpoint sent of the model's thinking apart from the text; absent where it sent none */
  thinking?: string;
  /** why the teacher would not answer; null where it did. There is then no text */
  refusal: string | null;
  /**
   * `stop`, `length`, `content_filter` or what else the endpoint says; `length` too where it says that an answer ended
   * well which has every token that it might have, and `error` where it states one behind the text
   */
  finishReason: string;
  /** null where the endpoint states none; the worst that can be, where it states what cannot or contradicts itself */
  usage: TokenUsage | null;
  /** what it stated of the whole API request, as JSON, where that is not what is booked */
  statedUsage?: string;
  /** the model that the endpoint says it answered with */
  model: string;
  /** what the answer was really limited to: less than asked for where the context was too short */
  maxTokens: number;
}

const commonFields = z.object({
  model: z.string().nullish().catch(null),
  usage: z.unknown().optional(),
});
const anyChoice = z.object({ finish_reason: z.string().nullish(), error: z.unknown().optional() });
const chatAnswer = commonFields.extend({ choices: z.array(anyChoice.extend({ message: chatMessage })) });
const completionChoice = anyChoice.extend({ text: z.string() });
const NO_COMPLETION = 'its answer has not the form of a completion';
const NO_CHOICES = 'its answer has no choices';
const completion = commonFields.extend({ choices: z.array(completionChoice) });
/** A choice of several that cannot be read counts as one that did not come. */
const completionList = commonFields.extend({
  choices: z.array(
    completionChoice
      .extend({ index: z.int().min(0) })
      .nullable()
      .catch(null),
  ),
});

/**
 * Reads the JSON that answers one request. An error that stands in it behind a text has cut that text.
 *
 * @throws TeacherFailure TeacherMalformed where it has not the form of an answer, or no choices; by the code of the
 *   error that it states in place of a text
 */
export function readAnswer(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  return request.style === 'chat'
    ? readChatAnswer(json, profile, request)
    : readCompletion(json, profile, request);
}

/**
 * Reads the JSON that answers a list of prompts: for each its answer, found by the choice's `index`, or null
 * where none came. The usage of the whole is divided among the answers that came, so that its sum is exact:
 * prompt tokens by the length of the prompts, completion tokens by that of the answers.
 *
 * @throws TeacherFailure TeacherMalformed where it has not the form of an answer, or no choice for any prompt
 */
export function readAnswerList(
  json: unknown,
  profile: TeacherProfile,
  requests: readonly CompletionsRequest[],
): (TeacherAnswer | null)[] {
  const checked = completionList.safeParse(json);
  if (!checked.success) throw unreadable(json, profile, NO_COMPLETION);
  const { choices, usage, model } = checked.data;
  const found = requests.map((request, prompt) => {
    const choice = choices.find((candidate) => candidate?.index === prompt);
    return choice && !isFailed(choice) ? { request, choice } : null;
  });
  const came = found.filter((answer) => answer !== null);
  if (came.length === 0) throw unreadable(json, profile, NO_CHOICES);
  const maxTokens = requests.reduce((sum, request) => sum + request.maxTokens, 0);
  const believed = believe(usage, profile, {
    prompts: requests.map(promptText),
    answers: came.map(({ choice }) => choice.text),
    maxTokens,
  });
  const atLimit = isAtLimit(usage, maxTokens);
  const error = statedError(json);
  const shares = believed && {
    prompt: divideTokens(
      believed.usage.promptTokens,
      came.map(({ request }) => likelyTokens(request.prompt)),
    ),
    completion: divideTokens(
      believed.usage.completionTokens,
      came.map(({ choice }) => likelyTokens(choice.text)),
    ),
  };
  return found.map((answer) => {
    if (answer === null) return null;
    const at = came.indexOf(answer);
    const usage = shares && {
      promptTokens: shares.prompt[at] ?? 0,
      completionTokens: shares.completion[at] ?? 0,
    };
    const { request, choice } = answer;
    const stated = believed?.stated ?? null;
    const said = { usage: usage && { usage, stated }, model, end: endOf(choice, error, atLimit) };
    return answerOf(said, textAlone(choice.text), request);
  });
}

/** What failed before its first word is no answer, and asked again. */
function isFailed(choice: z.infer<typeof completionChoice>): boolean {
  return choice.text === '' && (statedError(choice) !== null || isBrokenOff(choice.finish_reason ?? ''));
}

function readChatAnswer(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  const checked = chatAnswer.safeParse(json);
  if (!checked.success) throw unreadable(json, profile, 'its answer has not the form of a chat completion');
  const [choice] = checked.data.choices;
  if (!choice) throw unreadable(json, profile, NO_CHOICES);
  return readChoice(json, checked.data, choice, readMessage(choice.message), profile, request);
}

function readCompletion(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  const checked = completion.safeParse(json);
  if (!checked.success) throw unreadable(json, profile, NO_COMPLETION);
  const [choice] = checked.data.choices;
  if (!choice) throw unreadable(json, profile, NO_CHOICES);
  return readChoice(json, checked.data, choice, textAlone(choice.text), profile, request);
}

function textAlone(text: string): ReadMessage {
  return { text, thinking: '', refusal: '' };
}

type Stated = z.infer<typeof commonFields>;
type Choice = z.infer<typeof anyChoice>;

/** The answer of a body that has one. Where a failure came in place of its text, that is thrown. */
function readChoice(
  json: unknown,
  { usage, model }: Stated,
  choice: Choice,
  message: ReadMessage,
  profile: TeacherProfile,
  request: TeacherRequest,
): TeacherAnswer {
  const { maxTokens } = request;
  const said = message.refusal || message.text;
  const error = statedError(choice) ?? statedError(json);
  const end = endOf(choice, error, isAtLimit(usage, maxTokens));
  if (withoutThinking(said, profile.thinkingMarks).trim() === '') {
    if (error) throw errorFailure(error, profile, usesTokens(json));
    if (isBrokenOff(end)) throw unavailable(profile, `it broke its answer off (${end})`, undefined, true);
  }
  // Thinking that is shown is billed as the text is.
  const exchange = { prompts: [promptText(request)], answers: [said, message.thinking], maxTokens };
  return answerOf({ usage: believe(usage, profile, exchange), model, end }, message, request);
}

/** Of what an endpoint calls its models and the ends of its answers; both are written down with every answer. */
const LONGEST_NAME = 256;

/** What ended a choice: what the endpoint says, unless an error or the token limit did; some say nothing. */
function endOf(choice: Choice, error: StatedError | null, atLimit: boolean): string {
  const end = choice.finish_reason || 'stop';
  if (!isWholeEnd(end)) return end.slice(0, LONGEST_NAME);
  if (error ?? statedError(choice)) return 'error';
  return atLimit ? 'length' : end;
}

/** What is said of an answer beside its text. */
interface Said {
  usage: BelievedUsage | null;
  model: string | null | undefined;
  end: string;
}

function believe(
  stated: unknown,
  { name }: TeacherProfile,
  exchange: Parameters<typeof believedUsage>[1],
): BelievedUsage | null {
  const believed = believedUsage(stated, exchange);
  if (believed !== null) sayMisstated(name, believed);
  return believed;
}

function answerOf(
  { usage, model, end }: Said,
  { text, thinking, refusal }: ReadMessage,
  request: TeacherRequest,
): TeacherAnswer {
  const heldBack = text === '' && isFiltered(end);
  const held = heldBack ? 'the endpoint’s content filter held the whole answer back' : null;
  return {
    text: refusal === '' ? text : '',
    ...(thinking === '' ? {} : { thinking }),
    refusal: refusal || held,
    finishReason: end,
    usage: usage?.usage ?? null,
    ...(usage?.stated ? { statedUsage: usage.stated } : {}),
    model: (model ?? request.model).slice(0, LONGEST_NAME),
    maxTokens: request.maxTokens,
  };
}
