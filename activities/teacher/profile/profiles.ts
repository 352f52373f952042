import { readFile } from 'node:fs/promises';
import type { z } from 'zod';
import { describeIssue } from '../../../workflows/decisions/issue-text.ts';
import { AlpacaError } from '../../errors.ts';
import { hideSecretsOf } from '../../secrets.ts';
import { LOCAL_TEACHER, localFields } from './local-profile.ts';
import { withPresets } from './presets.ts';
import { loadPriceTable } from './price-table.ts';
import { type Price, parseInputPrice, parsePrice } from './prices.ts';
import {
  batchSettings,
  type ProfileFields,
  profileFields,
  profileInFile,
  profilesFile,
} from './profile-fields.ts';

/** A profile as a worker uses it: what its fields say, with its name and every default. */
export interface TeacherProfile extends Omit<ProfileFields, 'repeatsHeading' | 'wrapsList'> {
  name: string;
  /** the file that it is in; null where the environment makes it */
  file: string | null;
  repeatsHeading: boolean;
  wrapsList: boolean;
}

export interface TeacherProfiles {
  readonly names: readonly string[];
  /** @throws AlpacaError Configuration where there is none, or it lacks something that must be set */
  get(name: string): TeacherProfile;
}

export interface ProfileSources {
  env: NodeJS.ProcessEnv;
  /** where the embedded environment's offline teacher listens */
  offlineTeacherUrl?: string | undefined;
  /** a JSON file: profile names to profiles */
  teachersFile?: string | undefined;
  /** a JSON file of prices by model name, which win over the package's */
  pricesFile?: string | undefined;
}

/**
 * The built-in profiles `offline`, `local`, `openai` and `openai-batch`, and those of the file, which may redefine them. The price of
 * a profile is what its variable says (`ALPACA_OPENAI_PRICE` for `openai`), else what it states itself, else
 * what the price tables have for its model. `openai-batch` has the price of `openai` where it is given none.
 *
 * A profile of the file that is wrong is told where it is asked for.
 *
 * @throws AlpacaError Configuration where the file cannot be read, or is none of profiles by name
 */
export async function loadProfiles(sources: ProfileSources): Promise<TeacherProfiles> {
  const profiles = new Map<string, () => TeacherProfile>([
    ['offline', () => priced(offlineProfile(sources.offlineTeacherUrl))],
    [
      LOCAL_TEACHER,
      () => priced(profileOf(LOCAL_TEACHER, localFields(sources.env.ALPACA_LOCAL_TEACHER_URL))),
    ],
    ['openai', () => priced(openaiProfile(sources.env))],
    ['openai-batch', () => priced(byJob(priced(openaiProfile(sources.env))))],
  ]);
  const prices = await loadPriceTable(sources.pricesFile);
  const priced = (profile: TeacherProfile) => ({
    ...profile,
    price: statedPrice(profile.name, sources.env) ?? profile.price ?? prices.priceOf(profile.model),
  });
  const { teachersFile } = sources;
  const own = teachersFile === undefined ? {} : await readProfilesFile(teachersFile);
  hideSecretsOf(sources.env, Object.values(own).flatMap(keyVariableOf));
  for (const name of Object.keys(own))
    profiles.set(name, () => priced(profileOf(name, fieldsOf(name, own, teachersFile), teachersFile)));
  return {
    names: [...profiles.keys()],
    get(name) {
      const profile = profiles.get(name);
      if (profile) return profile();
      throw new AlpacaError(
        'Configuration',
        `There is no teacher profile "${name}"; this worker knows ${[...profiles.keys()].join(', ')}.`,
        { remedy: 'Name one of these, or add it to the JSON file that ALPACA_TEACHERS of the worker names.' },
      );
    },
  };
}

/** The longest that a request of any profile may take, in milliseconds; a profile that is not set up asks nobody. */
export function longestTimeoutMs(profiles: TeacherProfiles): number {
  const timeouts = profiles.names.map((name) => {
    try {
      return profiles.get(name).timeoutMs;
    } catch {
      return 0;
    }
  });
  return Math.max(0, ...timeouts);
}

/**
 * The price that money is counted by. A profile without one is refused: its cost would be counted as zero.
 */
export function priceOf({ name, model, price }: TeacherProfile): Price {
  if (price) return price;
  throw new AlpacaError(
    'Configuration',
    `The teacher profile "${name}" has no price, and the price table has none for ${model}.`,
    {
      remedy:
        `Give --price IN,OUT, or set ${priceVariable(name)}=IN,OUT in the worker's environment: dollars per million input and output tokens. ` +
        'A free endpoint has 0,0.',
    },
  );
}

/** The environment variable that states a profile's price: ALPACA_OPENAI_PRICE for `openai`. */
export function priceVariable(profile: string): string {
  return `ALPACA_${profile.toUpperCase().replaceAll('-', '_')}_PRICE`;
}

function statedPrice(profile: string, env: NodeJS.ProcessEnv): Price | null {
  const variable = priceVariable(profile);
  const text = env[variable];
  return text ? parsePrice(text, variable) : null;
}

/** The one model that the offline teacher answers with; it is no language model. */
const OFFLINE_MODEL = 'offline-composer';
/** What it embeds with: hashes of words and letters, no language model either. */
export const OFFLINE_EMBEDDING_MODEL = 'offline-hashing';

function offlineProfile(url: string | undefined): TeacherProfile {
  if (url === undefined) {
    throw new AlpacaError(
      'Configuration',
      'The offline teacher is not running here, or its URL is not known.',
      {
        remedy: 'Start the environment with `npm run up`, or set ALPACA_OFFLINE_TEACHER_URL to its base URL.',
      },
    );
  }
  return profileOf(
    'offline',
    profileFields.parse({
      baseUrl: url,
      model: OFFLINE_MODEL,
      price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 },
      timeoutMs: 60_000,
      embeddingModel: OFFLINE_EMBEDDING_MODEL,
      embeddingUsdPerMillion: 0,
    }),
  );
}

/**
 * What OpenAI itself takes: its newer models refuse `max_tokens`, and its reasoning models `stop` and any
 * `temperature` and `top_p` but 1. Other servers know `max_tokens` best.
 */
function openaiHabits(model: string): Partial<ProfileFields> {
  const reasoning = /^(o\d|gpt-5)/.test(model);
  return {
    maxTokensParameter: 'max_completion_tokens',
    supportsStop: !reasoning,
    supportsSampling: !reasoning,
  };
}

const OPENAI_URL = 'https://api.openai.com/v1';

function openaiProfile(env: NodeJS.ProcessEnv): TeacherProfile {
  const baseUrl = env.OPENAI_BASE_URL || OPENAI_URL;
  const checked = profileFields.safeParse({
    baseUrl,
    // A server of one's own often takes no key; one that wants it says so.
    apiKeyVariable: env.OPENAI_API_KEY || baseUrl === OPENAI_URL ? 'OPENAI_API_KEY' : null,
    model: env.OPENAI_MODEL ?? '',
    ...(baseUrl === OPENAI_URL ? openaiHabits(env.OPENAI_MODEL ?? '') : {}),
    embeddingModel: env.OPENAI_EMBEDDING_MODEL || null,
    embeddingUsdPerMillion: env.ALPACA_OPENAI_EMBEDDING_PRICE
      ? parseInputPrice(env.ALPACA_OPENAI_EMBEDDING_PRICE, 'ALPACA_OPENAI_EMBEDDING_PRICE')
      : null,
  });
  if (checked.success) return profileOf('openai', checked.data);
  if (checked.error.issues[0]?.path[0] === 'baseUrl')
    throw new AlpacaError(
      'Configuration',
      'OPENAI_BASE_URL is no http or https URL, or has a user, a password or a query in it.',
      {
        remedy:
          'Set it to the URL of an OpenAI-compatible endpoint, with its /v1, or leave it out for OpenAI itself.',
      },
    );
  throw new AlpacaError('Configuration', 'The teacher profile "openai" needs OPENAI_MODEL.', {
    remedy: "Set OPENAI_MODEL in the worker's environment to the model that is to answer.",
  });
}

/** The same endpoint, asked through its Batch API. */
function byJob(profile: TeacherProfile): TeacherProfile {
  return { ...profile, name: `${profile.name}-batch`, batch: batchSettings.parse({}) };
}

function profileOf(name: string, fields: ProfileFields, file: string | null = null): TeacherProfile {
  const chat = fields.style === 'chat';
  return {
    ...fields,
    name,
    file,
    repeatsHeading: fields.repeatsHeading ?? chat,
    wrapsList: fields.wrapsList ?? chat,
  };
}

async function readProfilesFile(path: string): Promise<Record<string, unknown>> {
  let json: unknown;
  try {
    json = withPresets(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new AlpacaError(
      'Configuration',
      isMissing
        ? `There is no file ${path}, which ALPACA_TEACHERS names.`
        : `The teacher profiles in ${path} cannot be read: ${String(error)}.`,
      {
        remedy: 'ALPACA_TEACHERS must name a JSON file of the form {"NAME": {"baseUrl": ..., "model": ...}}.',
        cause: error,
      },
    );
  }
  const checked = profilesFile.safeParse(json);
  if (checked.success) return checked.data;
  throw wrongFile(path, checked.error.issues, json);
}

/** @throws AlpacaError Configuration for what is wrong with this profile; another may be used all the same */
function fieldsOf(name: string, file: Record<string, unknown>, path = 'the file'): ProfileFields {
  const checked = profileInFile.safeParse(file[name]);
  if (checked.success) return checked.data;
  const issues = checked.error.issues.map((issue) => ({ ...issue, path: [name, ...issue.path] }));
  throw wrongFile(path, issues, file);
}

function wrongFile(path: string, issues: readonly z.core.$ZodIssue[], json: unknown): AlpacaError {
  const problems = issues.map((issue) => describeIssue(issue, json, 'the file'));
  const wrong = problems.join('; ').replaceAll(/(?<=:\/\/)[^/"]*@|\?[^"]*/g, '[key]');
  return new AlpacaError('Configuration', `The teacher profiles in ${path} are wrong: ${wrong}.`, {
    remedy: 'Mend the file; the fields are described in docs/teachers.md.',
  });
}

/** Also of a profile that is wrong: its key is one. */
function keyVariableOf(fields: unknown): string[] {
  const named = typeof fields === 'object' && fields !== null && 'apiKeyVariable' in fields;
  return named && typeof fields.apiKeyVariable === 'string' ? [fields.apiKeyVariable] : [];
}
