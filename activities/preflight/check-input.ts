import { isTeacher } from '../../workflows/contracts/evaluate.ts';
import type { AlpacaInput } from '../../workflows/contracts/pipeline.ts';
import { languagesOf } from '../../workflows/contracts/run/shares.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { languageOf } from '../artifacts/languages/language.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { type Attempt, unwatched } from '../attempt.ts';
import { AlpacaError } from '../errors.ts';
import { requireBudget } from '../evaluate/answers/budgeted-asking.ts';
import { gradersNamed, requireAnotherModel } from '../filter/grade/graders.ts';
import { hasWeights, locateWeights, readConfig } from '../model/folder/folder.ts';
import { checkGivenModel, checkLength } from '../model/folder/given-model.ts';
import { ggufFormatOf, requireForms } from '../release/trained-model.ts';
import { createTeacherClient } from '../teacher/client.ts';
import { createEmbeddingClient, requireEmbeddingBudget } from '../teacher/embeddings.ts';
import { requireApart } from '../teacher/profile/apart.ts';
import { SharedBudget } from '../teacher/profile/budget.ts';
import { priceOf, type TeacherProfiles } from '../teacher/profile/profiles.ts';
import { openPrepared, type PreparedModel } from '../tokenize/prepared-model.ts';
import { checkAgreement } from '../train/plan/agreeing-settings.ts';
import { readGivenForm, readLaterFiles } from './later-files.ts';

export interface PreflightDependencies {
  store: ArtifactStore;
  profiles: TeacherProfiles;
  /** holds the keys that profiles name */
  env: NodeJS.ProcessEnv;
  /** how long a tokenizer may take to encode one text, in milliseconds */
  encodeWithinMs?: number;
}

/**
 * Looks at everything that a later step needs and that can be looked at now: a run must not pay for data
 * and then find that there is no model to train. Nothing is asked of a teacher.
 *
 * @throws AlpacaError naming the model folder, the file or the teacher profile that will not do
 */
export async function checkInput(
  input: AlpacaInput,
  { store, profiles, env, encodeWithinMs = ENCODE_WITHIN_MS }: PreflightDependencies,
  attempt: Attempt = unwatched,
): Promise<void> {
  const { generate, dedupe, filter, tokenize, train, evaluate, release, sample, language, budgetUsd } = input;
  checkAgreement(train);
  for (const name of new Set([language, ...languagesOf(input)])) languageOf(name);
  const model = await store.locate(tokenize.model, builtinPath('tiny-model', language));
  const tryModel = async (path: string, further: Trials = async () => {}) => {
    await locateWeights(path);
    return tryTokenizer(path, { attempt, answerWithinMs: encodeWithinMs, further });
  };
  if (model.reference === null) await checkGivenModel(model.path);
  const given = await readGivenForm(input, store);
  const { takesPairs } = await tryModel(model.path, async ({ tryChat, tryGguf }) => {
    const { format, rewrittenTurns } = tokenize;
    const template = given?.form.format === 'chat' ? given.form.template : null;
    const name = given?.name ?? model.name;
    if (format === 'chat') await tryChat({ template, name, turns: generate.turns, rewrittenTurns });
    if (release.weights.some((form) => ggufFormatOf(form) !== null)) await tryGguf(model.name);
  });
  if (generate.turns > 1 && tokenize.format === 'alpaca' && !takesPairs) throw noPairs(model.name);
  checkLength(tokenize.maxLength, (await readConfig(model.path)).maxPositions, model.name);
  requireForms(release.weights, {
    isAdapted: train.method === 'lora',
    baseHasWeights: await hasWeights(model.path),
  });
  if (generate.from !== null) await store.locate(generate.from, builtinPath('seed-tasks', language));
  await store.locate(sample.seedTasks, builtinPath('seed-tasks', language));
  await store.locate(sample.evaluationInstructions, builtinPath('evaluation-instructions', language));
  await readLaterFiles(input, store, tryModel, attempt.signal);
  const teachers = generate.from === null ? [generate.teacher, evaluate.judge] : [evaluate.judge];
  const compared = evaluate.others.flatMap((source) => (isTeacher(source) ? [source.teacher] : []));
  requireApart(compared, profiles);
  const { grade = null } = filter ?? {};
  if (grade !== null) requireAnotherModel(grade, profiles);
  teachers.push(...compared);
  for (const name of teachers) {
    const profile = profiles.get(name);
    priceOf(profile);
    createTeacherClient(profile, env);
  }
  const budget = new SharedBudget(budgetUsd);
  for (const name of gradersNamed(grade))
    requireBudget({ client: createTeacherClient(profiles.get(name), env), budget }, 'judge');
  if (dedupe.embedding !== null) {
    const { teacher, model } = dedupe.embedding;
    requireEmbeddingBudget(createEmbeddingClient(profiles.get(teacher), env, { model }), budgetUsd);
  }
}

/** What else is tried of a model that is open. */
type Trials = (model: PreparedModel) => Promise<void>;

/** To open one takes seconds, and on a busy machine some more; to encode the trial, milliseconds. */
const OPEN_WITHIN_MS = 2 * 60_000;
const ENCODE_WITHIN_MS = 20_000;
/** Words, numbers, white space and long runs of one character, over which careless expressions go back and forth. */
const TRIAL = `Write 12 words.\n\n\tÜber 한국어 \u{1F600}${' '.repeat(64)}!${'a'.repeat(64)}!${'1'.repeat(64)}!`;

function noPairs(model: string): AlpacaError {
  return new AlpacaError(
    'InvalidInput',
    `generate.turns is above 1, and the prompt template takes no conversations with ${model}: no text has the ids that its tokenizer gives a prompt.`,
    { remedy: 'Choose tokenize.format "chat", or leave generate.turns at 1.' },
  );
}

/** Opens the tokenizer and has it encode a text and a question, in a process of its own: this one goes on whatever it does. */
async function tryTokenizer(
  path: string,
  { attempt, answerWithinMs, further }: { attempt: Attempt; answerWithinMs: number; further: Trials },
): Promise<{ takesPairs: boolean }> {
  const look = { seed: 0, build: null, openWithinMs: OPEN_WITHIN_MS, answerWithinMs };
  const model = await openPrepared(path, look, attempt);
  try {
    await model.tokenizer.encode([TRIAL], { addSpecialTokens: true });
    // An evaluation asks it in its own chat template.
    await model.tokenizer.prompts([{ instruction: TRIAL, input: '' }]);
    await further(model);
    return { takesPairs: model.takesPairs };
  } finally {
    await model.close();
  }
}
