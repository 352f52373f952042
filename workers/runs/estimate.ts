import { readRows } from '../../activities/artifacts/rows.ts';
import type { ArtifactStore } from '../../activities/artifacts/store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { questionRow } from '../../activities/evaluate/answers/instructions.ts';
import {
  type EvaluationEstimate,
  estimateEvaluation,
} from '../../activities/evaluate/estimate-evaluation.ts';
import { readRecordedYield } from '../../activities/generate/accept/recorded-yield.ts';
import type { CostEstimate } from '../../activities/generate/assumptions.ts';
import { batchPrice } from '../../activities/generate/batch/job.ts';
import { estimateGeneration } from '../../activities/generate/estimate.ts';
import { createRunOpener } from '../../activities/generate/generation-run.ts';
import { sampleSeeds } from '../../activities/sample/sample-seeds.ts';
import { isFree } from '../../activities/teacher/profile/prices.ts';
import { loadProfiles, priceOf, type TeacherProfiles } from '../../activities/teacher/profile/profiles.ts';
import { isTeacher } from '../../workflows/contracts/evaluate.ts';
import { requestSettings } from '../../workflows/contracts/generate.ts';
import type { AlpacaInput } from '../../workflows/contracts/pipeline.ts';
import type { Forecast } from '../../workflows/contracts/progress.ts';
import { costText, forecastText, tokensText } from '../../workflows/decisions/forecast/forecast-text.ts';
import { readConfiguration } from '../configuration.ts';

/** In place of a teacher that listens once it is asked. */
const NOWHERE = 'http://127.0.0.1:1/v1';

/** The profiles as the workers of this machine will see them. */
export function localProfiles(
  offlineTeacherUrl: string | null,
  localTeacherUrl: string | null = null,
): Promise<TeacherProfiles> {
  const { teachersFile, pricesFile } = readConfiguration();
  return loadProfiles({
    env: { ALPACA_LOCAL_TEACHER_URL: localTeacherUrl ?? NOWHERE, ...process.env },
    offlineTeacherUrl: offlineTeacherUrl ?? NOWHERE,
    teachersFile,
    pricesFile,
  });
}

/**
 * What the generate step of a run would take: reads the seed tasks, the profile and what earlier runs in
 * the store recorded, and sends nothing. It needs no key.
 */
export async function estimateRun(input: AlpacaInput, store: ArtifactStore): Promise<CostEstimate> {
  const profiles = await localProfiles(null);
  const { runSeed, language, languages, generate } = input;
  const of = { runSeed, language, languages };
  const { seedTasks } = await sampleSeeds({ ...of, ...input.sample }, { store }, unwatched);
  const settings = requestSettings({ ...of, ...generate }, seedTasks);
  const run = await createRunOpener({ store, profiles, env: process.env })(settings);
  return estimateGeneration({
    settings,
    prompts: run.prompts,
    target: generate.target,
    concurrency: generate.concurrency,
    price: batchPrice(run.profile),
    recorded: await readRecordedYield(store, { ...run, threshold: input.dedupe.threshold }),
  });
}

/** What judging, and answers of teachers that are compared, would cost; null where nobody is paid for them. */
export async function estimateEvaluationOf(
  { runSeed, language, languages, sample, evaluate }: AlpacaInput,
  store: ArtifactStore,
): Promise<EvaluationEstimate | null> {
  const profiles = await localProfiles(null);
  const priced = (name: string) => priceOf(profiles.get(name));
  const teachers = evaluate.others.filter(isTeacher).map(({ teacher }) => priced(teacher));
  const judge = priced(evaluate.judge);
  if ([judge, ...teachers].every(isFree)) return null;
  const { evaluationInstructions } = await sampleSeeds(
    { runSeed, language, languages, ...sample },
    { store },
    unwatched,
  );
  return estimateEvaluation({
    ...evaluate,
    questions: await readRows(await store.open(evaluationInstructions), questionRow),
    candidates: 2 + evaluate.others.length,
    judge,
    teachers,
  });
}

/** What a run would take, before it is started. */
export interface RunEstimate {
  /** of generating; null where it starts from rows that exist */
  generation: (Pick<CostEstimate, 'free' | 'worstCaseRequestUsd'> & { forecast: Forecast }) | null;
  /** null where nobody is paid for verdicts and answers */
  evaluation: EvaluationEstimate | null;
  /** the same for a person, a line each */
  lines: string[];
}

export async function estimateWhole(input: AlpacaInput, store: ArtifactStore): Promise<RunEstimate> {
  const { generate, evaluate, filter } = input;
  const found = generate.from === null ? await estimateRun(input, store) : null;
  const evaluation = await estimateEvaluationOf(input, store);
  const forecast = found?.outlook.forecast;
  return {
    generation:
      found === null
        ? null
        : {
            free: found.free,
            worstCaseRequestUsd: found.worstCaseRequestUsd,
            forecast: found.outlook.forecast,
          },
    evaluation,
    lines: [
      ...(forecast === undefined
        ? ['It starts from rows that exist, and asks nobody for any.']
        : [
            `${generate.target} accepted rows from ${generate.teacher}: ${forecastText(forecast)}`,
            tokensText(forecast),
          ]),
      ...(evaluation === null ? [] : [evaluationText(evaluate.judge, evaluation)]),
      ...(filter?.grade ? ['Grades of rows are not in it.'] : []),
    ],
  };
}

/** `the evaluation, with NAME as the judge: at most 96 verdicts, 0.05 USD (0.02 USD to 0.11 USD)` */
export function evaluationText(judge: string, { verdicts, answers, costUsd }: EvaluationEstimate): string {
  const answered = answers === 0 ? '' : ` and ${answers} answers to compare`;
  return `the evaluation, with ${judge} as the judge: at most ${verdicts} verdicts${answered}, ${costText(costUsd)}`;
}
