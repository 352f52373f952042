import { APIError } from 'openai/core/error';
import { AlpacaError } from '../errors.ts';
import { log } from '../log.ts';
import type { TeacherProfile } from './profile/profiles.ts';

/** What of a profile says which parameters its endpoint takes. */
export type Habits = Pick<
  TeacherProfile,
  | 'maxTokensParameter'
  | 'supportsStop'
  | 'supportsSampling'
  | 'supportsTopP'
  | 'supportsPresencePenalty'
  | 'supportsLogitBias'
>;

/** What endpoints have refused in this process, by endpoint and model: a profile need not say it. */
const learnt = new Map<string, Partial<Habits>>();

/** What is known of a profile's endpoint: what it says itself, and over it what the endpoint has refused. */
export function habitsOf(profile: TeacherProfile): Habits {
  return { ...profile, ...learnt.get(nameOf(profile)) };
}

/**
 * Whether a request is to be sent once more, without the parameter that it was refused for or by its other name. From
 * then on this process leaves it away. Reasoning models refuse `max_tokens`, `stop` and a `temperature` so.
 *
 * @param body what was sent, where that is known
 */
export function learnRefusal(
  error: unknown,
  profile: TeacherProfile,
  body?: Readonly<Record<string, unknown>>,
): boolean {
  const parameter = refusedParameter(error);
  if (parameter === null || (body && !(parameter in body))) return false;
  const before = learnt.get(nameOf(profile)) ?? {};
  const change = CHANGES[parameter];
  if ('maxTokensParameter' in change && profile.style === 'completions') return false;
  const [field, value] = Object.entries(change)[0] ?? [];
  if (field === undefined) return false;
  const has = habitsOf(profile)[field as keyof Habits];
  // Another request learnt it while this one was on its way.
  if (has === value) return true;
  // It takes neither name.
  if (field in before) return false;
  learnt.set(nameOf(profile), { ...before, ...change });
  log.warn(
    `The teacher "${profile.name}" refuses ${parameter}: it is asked otherwise from here on. ${field}: ${JSON.stringify(value)} in its profile says so from the first request on.`,
  );
  return true;
}

const CHANGES = {
  max_tokens: { maxTokensParameter: 'max_completion_tokens' },
  max_completion_tokens: { maxTokensParameter: 'max_tokens' },
  // Before `temperature`: some models take one of the two.
  top_p: { supportsTopP: false },
  temperature: { supportsSampling: false },
  stop: { supportsStop: false },
  presence_penalty: { supportsPresencePenalty: false },
  logit_bias: { supportsLogitBias: false },
} as const satisfies Record<string, Partial<Habits>>;
type Parameter = keyof typeof CHANGES;

/** The parameter that a request was refused for, where leaving it away helps; null where it was for something else. */
export function refusedParameter(thrown: unknown): Parameter | null {
  // A failure of ours has the refusal as its cause, with HTTP 200 too.
  const error = thrown instanceof AlpacaError ? thrown.cause : thrown;
  if (!(error instanceof APIError) || !(error.status === 400 || error.status === 422)) return null;
  const text = `${error.code ?? ''} ${error.message}`.toLowerCase();
  if (!REFUSED.test(text)) return null;
  const isNamed = (name: Parameter) =>
    new RegExp(`(?<![\\w-])(?:${name === 'presence_penalty' ? PENALTY : name})(?![\\w-])`).test(text);
  const names = Object.keys(CHANGES) as Parameter[];
  return names.find((name) => name === error.param) ?? names.find(isNamed) ?? null;
}

/** Also as xAI writes it, and Gemini. */
const PENALTY = 'presence_?penalty|penalty is not enabled';

const REFUSED =
  /unsupported|not support|not enabled|not permitted|not allowed(?! to)|unrecognized|unknown (?:parameter|argument|name|field)|unexpected keyword|only the default|cannot both be specified|top_p[`']? must be/;

function nameOf({ style, baseUrl, model }: TeacherProfile): string {
  return `${style} ${baseUrl} ${model}`;
}
