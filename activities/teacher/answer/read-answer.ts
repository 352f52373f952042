import { z } from 'zod';
import { likelyTokens, type TokenUsage } from '../profile/prices.ts';
import type { TeacherProfile } from '../profile/profiles.ts';
import { type CompletionsRequest, promptText, type TeacherRequest } from '../request-body.ts';
import { type BelievedUsage, believedUsage, sayMisstated } from './believed-usage.ts';
import { divideTokens } from './divide-tokens.ts';
import { malformed } from './failures.ts';

export interface TeacherAnswer {
  text: string;
  /** why the teacher would not answer; null where it did. There is then no text */
  refusal: string | null;
  /** `stop`, `length`, `content_filter` or what else the endpoint says */
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
  model: z.string().optional(),
  usage: z.unknown().optional(),
});
const chatAnswer = commonFields.extend({
  choices: z.array(
    z.object({
      finish_reason: z.string().nullish(),
      message: z.object({ content: z.string().nullish(), refusal: z.string().nullish() }),
    }),
  ),
});
const completionChoice = z.object({ finish_reason: z.string().nullish(), text: z.string() });
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
 * Reads the JSON that answers one request.
 *
 * @throws TeacherFailure TeacherMalformed where it has not the form of an answer, or no choices
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
  if (!checked.success) throw malformed(profile, 'its answer has not the form of a completion');
  const { choices, usage, model } = checked.data;
  const found = requests.map((request, prompt) => {
    const choice = choices.find((candidate) => candidate?.index === prompt);
    return choice ? { request, choice } : null;
  });
  const came = found.filter((answer) => answer !== null);
  if (came.length === 0) throw malformed(profile, 'its answer has no choices');
  const believed = believe(usage, profile, {
    prompts: requests.map(promptText),
    answers: came.map(({ choice }) => choice.text),
    maxTokens: requests.reduce((sum, { maxTokens }) => sum + maxTokens, 0),
  });
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
    const said = { usage: usage && { usage, stated }, model, finishReason: choice.finish_reason };
    return answerOf(said, choice.text, null, request);
  });
}

function readChatAnswer(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  const checked = chatAnswer.safeParse(json);
  if (!checked.success) throw malformed(profile, 'its answer has not the form of a chat completion');
  const [choice] = checked.data.choices;
  if (!choice) throw malformed(profile, 'its answer has no choices');
  const { content, refusal } = choice.message;
  const said = saidOf(checked.data, choice, refusal || content || '', request, profile);
  return answerOf(said, content ?? '', refusal || null, request);
}

function readCompletion(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  const checked = completion.safeParse(json);
  if (!checked.success) throw malformed(profile, 'its answer has not the form of a completion');
  const [choice] = checked.data.choices;
  if (!choice) throw malformed(profile, 'its answer has no choices');
  return answerOf(saidOf(checked.data, choice, choice.text, request, profile), choice.text, null, request);
}

type Stated = z.infer<typeof commonFields>;

/** What is said of an answer beside its text. */
interface Said {
  usage: BelievedUsage | null;
  model: string | undefined;
  finishReason: string | null | undefined;
}

function saidOf(
  { usage, model }: Stated,
  { finish_reason: finishReason }: { finish_reason?: string | null | undefined },
  text: string,
  request: TeacherRequest,
  profile: TeacherProfile,
): Said {
  const exchange = { prompts: [promptText(request)], answers: [text], maxTokens: request.maxTokens };
  return { usage: believe(usage, profile, exchange), model, finishReason };
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

/** Of what an endpoint calls its models and the ends of its answers; both are written down with every answer. */
const LONGEST_NAME = 256;

function answerOf(
  { usage, model, finishReason }: Said,
  text: string,
  refusal: string | null,
  request: TeacherRequest,
): TeacherAnswer {
  const heldBack = text === '' && finishReason === 'content_filter';
  return {
    text: refusal === null ? text : '',
    refusal: refusal ?? (heldBack ? 'the endpoint’s content filter held the whole answer back' : null),
    finishReason: (finishReason ?? 'stop').slice(0, LONGEST_NAME),
    usage: usage?.usage ?? null,
    ...(usage?.stated ? { statedUsage: usage.stated } : {}),
    model: (model ?? request.model).slice(0, LONGEST_NAME),
    maxTokens: request.maxTokens,
  };
}
