import { isTeacher } from '../../workflows/contracts/evaluate.ts';
import type { AlpacaInput } from '../../workflows/contracts/pipeline.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { hasWeights, readConfig } from '../model/folder/folder.ts';
import { requireForms } from '../release/trained-model.ts';
import { createTeacherClient } from '../teacher/client.ts';
import { createEmbeddingClient, requireEmbeddingBudget } from '../teacher/embeddings.ts';
import { priceOf, type TeacherProfiles } from '../teacher/profiles.ts';
import { prepareTokenizer } from '../tokenize/base-model.ts';
import { checkAgreement } from '../train/plan/agreeing-settings.ts';
import { readLaterFiles } from './later-files.ts';

export interface PreflightDependencies {
  store: ArtifactStore;
  profiles: TeacherProfiles;
  /** holds the keys that profiles name */
  env: NodeJS.ProcessEnv;
}

/**
 * Looks at everything that a later step needs and that can be looked at now: a run must not pay for data
 * and then find that there is no model to train. Nothing is asked of a teacher.
 *
 * @throws AlpacaError naming the model folder, the file or the teacher profile that will not do
 */
export async function checkInput(
  input: AlpacaInput,
  { store, profiles, env }: PreflightDependencies,
): Promise<void> {
  const { generate, dedupe, tokenize, train, evaluate, release, sample, language, budgetUsd } = input;
  checkAgreement(train);
  const model = await store.locate(tokenize.model, builtinPath('tiny-model', language));
  await readConfig(model.path);
  await prepareTokenizer(model.path);
  requireForms(release.weights, {
    isAdapted: train.method === 'lora',
    baseHasWeights: await hasWeights(model.path),
  });
  if (generate.from !== null) await store.locate(generate.from, builtinPath('seed-tasks', language));
  await store.locate(sample.seedTasks, builtinPath('seed-tasks', language));
  await store.locate(sample.evaluationInstructions, builtinPath('evaluation-instructions', language));
  await readLaterFiles(input, store);
  const teachers = generate.from === null ? [generate.teacher, evaluate.judge] : [evaluate.judge];
  for (const source of evaluate.others) {
    if (isTeacher(source)) teachers.push(source.teacher);
  }
  for (const name of teachers) {
    const profile = profiles.get(name);
    priceOf(profile);
    createTeacherClient(profile, env);
  }
  if (dedupe.embedding !== null) {
    const { teacher, model } = dedupe.embedding;
    requireEmbeddingBudget(createEmbeddingClient(profiles.get(teacher), env, { model }), budgetUsd);
  }
}
