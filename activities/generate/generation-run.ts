import {
  type ArtifactReference,
  type DataRow,
  dataRow,
  type SeedTask,
  type StageTask,
  seedTask,
  stageTask,
} from '../../workflows/contracts/data.ts';
import type { RequestSettings } from '../../workflows/contracts/generate.ts';
import { languagesOf } from '../../workflows/contracts/run/shares.ts';
import { isTurnStage, stagesOf } from '../../workflows/contracts/run/stages.ts';
import type { Tokenization } from '../../workflows/contracts/run.ts';
import { builtinPath } from '../artifacts/builtin.ts';
import { languageOf, tokenizationOfLanguages } from '../artifacts/languages/language.ts';
import { readLanguageJson, readLanguageText } from '../artifacts/languages/language-json.ts';
import { perLanguage } from '../artifacts/languages/per-language.ts';
import { readRows } from '../artifacts/rows.ts';
import type { ArtifactStore } from '../artifacts/store.ts';
import { createTeacherClient, type TeacherClient } from '../teacher/client.ts';
import { connect } from '../teacher/connection.ts';
import { canonicalJson, type Ledger, openLedger } from '../teacher/ledger/ledger.ts';
import { type Admissions, createAdmissions } from '../teacher/limits/admissions.ts';
import type { TeacherProfile, TeacherProfiles } from '../teacher/profile/profiles.ts';
import { createSeenRows, NOTHING_SEEN, type SeenRows } from './accept/seen-rows.ts';
import { type BatchEndpoint, createBatchEndpoint } from './batch/endpoint.ts';
import { createInstructionFilter, type InstructionFilter } from './parse/filters.ts';
import { shownTask } from './prompt/prompt.ts';
import { createRunPrompts, type RunPrompts } from './prompt/run-prompts.ts';
import { createSelfInstructPrompts, selfInstructTexts } from './self-instruct/prompts.ts';
import { tokenLimit } from './self-instruct/requests.ts';
import { createStagePrompts } from './self-instruct/stage-prompts.ts';
import { createAimedPrompts } from './shares/aimed-prompts.ts';
import { turnTokens } from './turns/requests.ts';
import { createTurnPrompts, turnTextsOf } from './turns/turn-prompts.ts';
import { turnSizesAhead } from './turns/turn-sizes.ts';

/** What every activity of one run's generation works with; made from the settings and the store alone. */
export interface GenerationRun {
  readonly settings: RequestSettings;
  readonly profile: TeacherProfile;
  readonly ledger: Ledger;
  readonly prompts: RunPrompts;
  /** what an instruction of a language must pass before it is compared */
  filterOf(language: string): InstructionFilter;
  /** what instructions are compared by where the input says nothing of it */
  readonly tokenization: Tokenization;
  /** what a stage of Self-Instruct asks for, one prompt each; empty where it asks by itself */
  readonly tasks: readonly StageTask[];
  /** the conversations that a stage asks a message more of; empty in others */
  readonly conversations: readonly DataRow[];
  /** what counts as accepted before the first row */
  readonly seedInstructions: readonly string[];
  /** @throws AlpacaError Configuration where the profile's key is not set */
  client(): TeacherClient;
  /** The same run, its prompts made with what `pool` accepted; itself where prompts see nothing. */
  seeing(pool: ArtifactReference | null): Promise<GenerationRun>;
  /** @throws AlpacaError Configuration where the profile's key is not set */
  batchEndpoint(): BatchEndpoint;
}

export interface GenerationSources {
  store: ArtifactStore;
  profiles: TeacherProfiles;
  /** holds the keys that profiles name */
  env: NodeJS.ProcessEnv;
  /** by default this process keeps the limits alone */
  admissions?: Admissions;
}

/** Runs whose seeds and prompts are kept in memory: a worker serves few at once. */
const KEPT = 4;

/** Reads what a run's prompts are made of. */
function openPrompts(
  { stage, shares, ...settings }: RequestSettings,
  seeds: readonly SeedTask[],
  { tasks, conversations }: Pick<GenerationRun, 'tasks' | 'conversations'>,
  profile: TeacherProfile,
): (seen: SeenRows) => RunPrompts {
  if (stage === null) {
    const promptsWith = openAlpacaPrompts({ shares, ...settings }, seeds, profile);
    const later = turnsAfterRows(settings);
    // Before anything is paid, though they are needed by the later stages alone.
    if (later.length > 0)
      for (const language of languagesOf({ ...settings, languages: shares?.languages ?? null }))
        turnTextsOf(language);
    const sizes = () => turnSizesAhead(settings.maxTokens, later);
    return (seen) => ({ ...promptsWith(seen), sizes });
  }
  if (isTurnStage(stage)) {
    const prompts = createTurnPrompts(settings, stage, conversations);
    return () => prompts;
  }
  const texts = readLanguageJson(builtinPath('self-instruct', settings.language), selfInstructTexts);
  const prompts = createSelfInstructPrompts(settings.runSeed, seeds, texts);
  return (seen) => createStagePrompts({ ...settings, stage }, prompts, { seeds, tasks }, profile, seen);
}

function openAlpacaPrompts(
  { shares, ...settings }: Omit<RequestSettings, 'stage'>,
  seeds: readonly SeedTask[],
  { output }: TeacherProfile,
): (seen: SeenRows) => RunPrompts {
  if (shares !== null) return createAimedPrompts(settings, shares, seeds, output);
  const requirements = readLanguageText(builtinPath('prompt', settings.language));
  const prompts = createRunPrompts(settings, seeds.map(shownTask), requirements, output);
  return () => prompts;
}

function turnsAfterRows({ turns }: Pick<RequestSettings, 'turns'>) {
  return stagesOf({ method: 'alpaca', turns }).filter((stage) => isTurnStage(stage));
}

/** The most tokens of an answer: those of the settings, or the stage's own. */
function tokensOf({ stage, maxTokens }: RequestSettings, profile: TeacherProfile): number {
  if (stage === null) return maxTokens;
  return isTurnStage(stage) ? turnTokens(stage) : tokenLimit(stage, profile);
}

/** The filters of each language that rows are in. */
function createFilters(stage: RequestSettings['stage']): GenerationRun['filterOf'] {
  return perLanguage((language) => {
    const { instructions: rules } = languageOf(language);
    return createInstructionFilter(rules, stage === null ? undefined : rules.selfInstructWords);
  });
}

/** Opens runs, and keeps the latest few, since each request of a run asks for the same one. */
export function createRunOpener({
  store,
  profiles,
  env,
  admissions = createAdmissions(),
}: GenerationSources) {
  const runs = new Map<string, Promise<GenerationRun>>();
  const clients = new Map<string, TeacherClient>();
  const seenRows = createSeenRows(store);

  /** Runs that ask alike share one: what it learns of the teacher, as that no text comes, holds for them all. */
  function clientOf(profile: TeacherProfile, { maxTokens }: RequestSettings): TeacherClient {
    const key = `${profile.name} ${maxTokens}`;
    const client = clients.get(key) ?? createTeacherClient(profile, env, admissions(profile));
    clients.set(key, client);
    return client;
  }

  async function open(given: RequestSettings): Promise<GenerationRun> {
    const profile = profiles.get(given.teacher);
    const settings = { ...given, maxTokens: tokensOf(given, profile) };
    const seeds = await readRows(await store.open(settings.seedTasks), seedTask);
    const path = settings.tasks && (await store.open(settings.tasks));
    const asksTurns = isTurnStage(settings.stage);
    const tasks = path === null || asksTurns ? [] : await readRows(path, stageTask);
    const conversations = path === null || !asksTurns ? [] : await readRows(path, dataRow);
    const promptsWith = openPrompts(settings, seeds, { tasks, conversations }, profile);
    const { seesAfter, stage, shares, language } = settings;
    const tokenization = tokenizationOfLanguages(
      languagesOf({ language, languages: shares?.languages ?? null }),
    );
    const run: GenerationRun = {
      settings,
      profile,
      ledger: openLedger(store, settings.ledger),
      prompts: promptsWith(NOTHING_SEEN),
      tasks,
      conversations,
      filterOf: createFilters(stage),
      tokenization,
      seedInstructions: seeds.map(({ instruction }) => instruction),
      client: () => clientOf(profile, settings),
      batchEndpoint: () => createBatchEndpoint(profile, connect(profile, env)),
      async seeing(pool) {
        if (seesAfter === null) return run;
        return { ...run, prompts: promptsWith(await seenRows(pool, seesAfter)) };
      },
    };
    return run;
  }

  return async (settings: RequestSettings): Promise<GenerationRun> => {
    const key = canonicalJson(settings);
    const run = runs.get(key) ?? open(settings);
    runs.delete(key);
    runs.set(key, run);
    for (const oldest of runs.keys()) if (runs.size > KEPT) runs.delete(oldest);
    try {
      return await run;
    } catch (error) {
      runs.delete(key);
      throw error;
    }
  };
}
