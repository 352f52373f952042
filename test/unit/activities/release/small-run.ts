import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toJsonLines } from '../../../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../../../activities/artifacts/store.ts';
import { createLocalStore } from '../../../../activities/artifacts/stores/local-store.ts';
import { unwatched } from '../../../../activities/attempt.ts';
import { dedupeRows } from '../../../../activities/dedupe/dedupe-rows.ts';
import { shareIn } from '../../../../activities/evaluate/answers/model-outputs.ts';
import { winRateOf } from '../../../../activities/evaluate/winrate/winrate.ts';
import { filterRows } from '../../../../activities/filter/filter-rows.ts';
import { gradeRows } from '../../../../activities/filter/grade/grade-rows.ts';
import { generateToFile } from '../../../../activities/generate/generate-to-file.ts';
import { releaseRows } from '../../../../activities/release/activities.ts';
import { sampleSeeds } from '../../../../activities/sample/sample-seeds.ts';
import type { TeacherProfile, TeacherProfiles } from '../../../../activities/teacher/profile/profiles.ts';
import { tokenizeRows } from '../../../../activities/tokenize/tokenize-rows.ts';
import { parsePlan } from '../../../../activities/train/plan/plan.ts';
import { planTraining } from '../../../../activities/train/plan/plan-training.ts';
import { gradeDependencies } from '../../../../workers/evaluate-dependencies.ts';
import type { ArtifactReference } from '../../../../workflows/contracts/data.ts';
import type { FilterInput } from '../../../../workflows/contracts/filter.ts';
import {
  type GenerateInput,
  type GenerateResult,
  generateInput,
} from '../../../../workflows/contracts/generate.ts';
import { type AlpacaInput, alpacaInput } from '../../../../workflows/contracts/pipeline.ts';
import { releaseInput } from '../../../../workflows/contracts/release.ts';
import { answerWith, SEED_TASKS } from '../generate/generation-fixture.ts';
import { answerStage, SEEDS } from '../generate/self-instruct/scripted-stages.ts';
import { answerTurn, isTurnPrompt } from '../generate/turns/scripted-turns.ts';
import { chatReply, startScriptedTeacher } from '../teacher/scripted-teacher.ts';

const about = { madeBy: 'test' };

/** A run of a dozen rows through the real steps; only the training and the judging are made up. */
export interface SmallRun extends AsyncDisposable {
  store: ArtifactStore;
  profiles: TeacherProfiles;
  /** the release, in a folder that a test may spoil */
  folder: string;
  run: NonNullable<ReturnType<typeof releaseInput.parse>['run']>;
  /** writes the run's release again, with other fields of the step's input, and gives its folder in the store */
  release(settings: object): Promise<string>;
}

/**
 * @param filter gives the settings of a filter, where the run has one, from a folder that it may read
 * @param method of the generation
 * @param grader of the filter, where it has one: the profile "grader"
 * @param languages in shares, of a run in several: the seed tasks are of each in turn
 * @param turns of its rows
 */
export async function smallRun(
  filter: (root: string) => Promise<object | null> = async () => null,
  method: GenerateInput['method'] = 'alpaca',
  grader: TeacherProfile | null = null,
  languages: AlpacaInput['languages'] = null,
  turns = 1,
): Promise<SmallRun> {
  const root = await mkdtemp(join(tmpdir(), 'alpaca-small-run-'));
  const store = createLocalStore({ root: join(root, 'store'), importFolders: [root] });
  const generated = await generate(store, root, { method, turns }, languages);
  const { settings, sample } = generated;
  const profiles: TeacherProfiles = {
    names: ['scripted', 'grader'],
    get: (name) => (name === 'grader' && grader) || generated.profiles.get(name),
  };
  settings.filter = alpacaInput.parse({ filter: await filter(root) }).filter;
  const deduped = await dedupeRows(
    {
      ...settings.dedupe,
      tokenization: sample.tokenization,
      data: generated.generate.data,
      against: sample.seedTasks,
      budgetUsd: null,
    },
    { store, clientFor: nobody, paidBy: 'test' },
    unwatched,
  );
  const { runSeed, language } = settings;
  const input: FilterInput | null = settings.filter && {
    ...{ ...settings.filter, language, languages, budgetUsd: null },
    ...{ data: deduped.data, similarity: deduped.similarity },
  };
  const filtered =
    input &&
    (await gradeRows(
      { filter: input, filtered: await filterRows(input, { store }, unwatched) },
      gradeDependencies(store, profiles, {}),
      'filter small',
      unwatched,
    ));
  const { data, similarity } = filtered ?? deduped;
  const base = await tokenizeRows({ runSeed, language, ...settings.tokenize, data }, { store }, unwatched);
  settings.tokenize.model = await asPretrained(base.model, store, root);
  const tokenized = await tokenizeRows(
    { runSeed, language, ...settings.tokenize, data },
    { store },
    unwatched,
  );
  const run: SmallRun['run'] = {
    workflowId: 'small',
    runId: '0196b1f0-0000-7000-8000-000000000000',
    input: JSON.parse(JSON.stringify(settings)),
    sample,
    generate: generated.generate,
    dedupe: deduped,
    filter: filtered,
    tokenize: tokenized,
    train: await madeUpTraining(store, root, settings, tokenized),
    evaluate: await madeUpEvaluation(store),
  };
  const release = async (chosen: object) => {
    const input = releaseInput.parse({
      ...{ data, similarity },
      run,
      ...chosen,
    });
    return store.open((await releaseRows(input, { store }, unwatched)).release);
  };
  const folder = join(root, 'release');
  await cp(await release({ splits: { validation: 0.2, test: 0.1 } }), folder, { recursive: true });
  return {
    store,
    profiles,
    folder,
    run,
    release,
    [Symbol.asyncDispose]: () => rm(root, { recursive: true, force: true }),
  };
}

async function generate(
  store: ArtifactStore,
  root: string,
  { method, turns }: Pick<GenerateInput, 'method' | 'turns'>,
  languages: AlpacaInput['languages'],
) {
  const teacher = await startScriptedTeacher(({ prompt }, index) => {
    if (method === 'self-instruct') return answerStage(prompt);
    if (isTurnPrompt(prompt)) return answerTurn(prompt);
    const words = ['a', 'b', 'c', 'd'].map((letter) => `${letter}${index}`).join(' ');
    return chatReply(answerWith(`Explain ${words}`, `${words.replaceAll(' ', 'x ')} described at length`));
  });
  const profile = teacher.profile({ price: { inputUsdPerMillion: 0, outputUsdPerMillion: 0 } });
  const profiles: TeacherProfiles = { names: ['scripted'], get: () => profile };
  const seedTasks = join(root, 'seeds.jsonl');
  const names = Object.keys(languages ?? {});
  const tasks = (method === 'alpaca' ? SEED_TASKS : SEEDS).map((task, at) => ({
    ...task,
    ...(languages && { language: names[at % names.length] }),
  }));
  await writeFile(seedTasks, toJsonLines(tasks));
  const settings = alpacaInput.parse({
    languages,
    sample: { seedTasks },
    generate: {
      ...{ teacher: 'scripted', target: 11, seedTasksPerPrompt: 1, promptsPerRequest: 2 },
      ...{ method, turns, seesAfter: 1, instructionsPerPrompt: 4, maxTokens: 64, concurrency: 1 },
    },
  });
  const { runSeed, language } = settings;
  const sample = await sampleSeeds(
    { runSeed, language, languages, ...settings.sample },
    { store },
    unwatched,
  );
  const input = generateInput.parse({ runSeed, language, languages, ...settings.generate, seedTasks });
  const generated: GenerateResult = await generateToFile(input, { store, profiles, env: {} }, unwatched);
  await teacher[Symbol.asyncDispose]();
  return { settings, profiles, sample, generate: generated };
}

/** The base with its weights, which are no longer said to be random. */
async function asPretrained(base: ArtifactReference, store: ArtifactStore, root: string) {
  const folder = join(root, 'pretrained');
  await cp(await store.open(base), folder, { recursive: true });
  await rm(join(folder, 'initialize-weights'));
  return store.take('model', folder, about);
}

type Tokenized = Awaited<ReturnType<typeof tokenizeRows>>;

async function madeUpTraining(
  store: ArtifactStore,
  root: string,
  settings: AlpacaInput,
  tokenized: Tokenized,
) {
  const { model, tokens, addedTokens } = tokenized;
  const planned = await planTraining(
    { settings: { runSeed: settings.runSeed, ...settings.train }, model, tokens, addedTokens },
    { store },
  );
  const plan = parsePlan(await readFile(await store.open(planned.plan), 'utf8'), 'the plan');
  const checkpoint = join(root, 'checkpoint');
  await mkdir(checkpoint);
  const state = {
    format: 1,
    step: plan.totalSteps,
    ...{ epoch: 0, tokens: 100, heldOut: { best: null, withoutImprovement: 0 }, files: {} },
    identity: {
      ...{ model: model.sha256, tokens: tokens.sha256, plan: plan.digest, settings: {} },
      parts: { config: 'c', tokenizer: 'k', base: 'b' },
    },
    madeOn: {
      ...{ tensorflow: '2.21.0', device: 'cpu', processor: 'made up', threads: 2 },
      ...{ instructionSet: 'avx2', v8: '13.6' },
    },
  };
  await writeFile(join(checkpoint, 'state.json'), JSON.stringify(state));
  return {
    model,
    adapter: null,
    tensorBoard: null,
    rounds: null,
    best: null,
    ...{ learningRate: 0.002, warning: null },
    stoppedEarly: null,
    peakMemoryBytes: null,
    checkpoint: await store.take('checkpoint', checkpoint, about),
    metrics: await store.putFile('metrics', 'metrics.jsonl', '{"step":1,"loss":8}\n', about),
    steps: plan.totalSteps,
    parameters: planned.parameters,
    loss: { before: 8.125, after: 2.4375 },
  };
}

async function madeUpEvaluation(store: ArtifactStore) {
  const preferences = [2, 2, 1, 1.5];
  const { wins, losses, ties, winRate, standardError, interval, pValue } = winRateOf(
    preferences.map(shareIn),
  );
  const put = (kind: string, rows: object[]): Promise<ArtifactReference> =>
    store.putFile(kind, `${kind}.json`, JSON.stringify(rows), about);
  return {
    heldOut: null,
    base: { isRandom: true, ownFormLoss: null },
    exactMatch: null,
    heldOutAnswers: [],
    candidates: [],
    comparisons: [],
    pairwise: {
      ...{ judge: 'scripted', instructions: 4, excluded: 0, disagreements: 1, unreadable: 0, unjudged: 0 },
      ...{ wins, losses, ties, winRate, standardError, interval, pValue },
    },
    costUsd: 0,
    answersA: await put('answers', [{ output: 'a' }]),
    answersB: await put('answers', [{ output: 'b' }]),
    annotations: await put(
      'annotations',
      preferences.map((preference) => ({ preference })),
    ),
  };
}

function nobody(): never {
  throw new Error('nobody is asked for embeddings');
}
