import { z } from 'zod';
import { divideTokens } from './divide-tokens.ts';
import { malformed } from './failures.ts';
import { likelyTokens, type TokenUsage } from './prices.ts';
import type { TeacherProfile } from './profiles.ts';
import type { CompletionsRequest, TeacherRequest } from './request-body.ts';

export interface TeacherAnswer {
  text: string;
  /** why the teacher would not answer; null where it did. There is then no text */
  refusal: string | null;
  /** `stop`, `length`, `content_filter` or what else the endpoint says */
  finishReason: string;
  /** null where the endpoint states none */
  usage: TokenUsage | null;
  /** the model that the endpoint says it answered with */
  model: string;
  /** what the answer was really limited to: less than asked for where the context was too short */
  maxTokens: number;
}

const commonFields = z.object({
  model: z.string().optional(),
  usage: z
    .object({ prompt_tokens: z.int().min(0), completion_tokens: z.int().min(0) })
    .nullish()
    .catch(null),
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
  const shares = usage
    ? {
        prompt: divideTokens(
          usage.prompt_tokens,
          came.map(({ request }) => likelyTokens(request.prompt)),
        ),
        completion: divideTokens(
          usage.completion_tokens,
          came.map(({ choice }) => likelyTokens(choice.text)),
        ),
      }
    : null;
  return found.map((answer) => {
    if (answer === null) return null;
    const at = came.indexOf(answer);
    const share = shares && {
      prompt_tokens: shares.prompt[at] ?? 0,
      completion_tokens: shares.completion[at] ?? 0,
    };
    const { request, choice } = answer;
    return answerOf({ usage: share, model }, choice.text, null, choice.finish_reason, request);
  });
}

function readChatAnswer(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  const checked = chatAnswer.safeParse(json);
  if (!checked.success) throw malformed(profile, 'its answer has not the form of a chat completion');
  const [choice] = checked.data.choices;
  if (!choice) throw malformed(profile, 'its answer has no choices');
  const { content, refusal } = choice.message;
  return answerOf(checked.data, content ?? '', refusal || null, choice.finish_reason, request);
}

function readCompletion(json: unknown, profile: TeacherProfile, request: TeacherRequest): TeacherAnswer {
  const checked = completion.safeParse(json);
  if (!checked.success) throw malformed(profile, 'its answer has not the form of a completion');
  const [choice] = checked.data.choices;
  if (!choice) throw malformed(profile, 'its answer has no choices');
  return answerOf(checked.data, choice.text, null, choice.finish_reason, request);
}

function answerOf(
  { usage, model }: { usage?: z.infer<typeof commonFields>['usage']; model?: string | undefined },
  text: string,
  refusal: string | null,
  finishReason: string | null | undefined,
  request: TeacherRequest,
): TeacherAnswer {
  const heldBack = text === '' && finishReason === 'content_filter';
  return {
    text: refusal === null ? text : '',
    refusal: refusal ?? (heldBack ? 'the endpoint’s content filter held the whole answer back' : null),
    finishReason: finishReason ?? 'stop',
    usage: usage ? { promptTokens: usage.prompt_tokens, completionTokens: usage.completion_tokens } : null,
    model: model ?? request.model,
    maxTokens: request.maxTokens,
  };
}
