import { createInterface } from 'node:readline/promises';
import { createLocalStore } from '../../activities/artifacts/store.ts';
import { unwatched } from '../../activities/attempt.ts';
import { estimateGeneration } from '../../activities/generate/estimate.ts';
import { createRunOpener } from '../../activities/generate/generation-run.ts';
import { sampleSeeds } from '../../activities/sample/sample-seeds.ts';
import { isFree } from '../../activities/teacher/prices.ts';
import { loadProfiles, priceOf, type TeacherProfiles } from '../../activities/teacher/profiles.ts';
import type { GenerationEstimate } from '../../workflows/contracts/activities.ts';
import type { AlpacaInput } from '../../workflows/contracts/pipeline.ts';
import { readConfiguration } from '../configuration.ts';
import { Interrupted, UsageError } from './outcome.ts';
import type { Terminal } from './terminal.ts';

/** The profiles as the workers of this machine will see them. */
export function localProfiles(offlineTeacherUrl: string | null): Promise<TeacherProfiles> {
  const { teachersFile } = readConfiguration();
  return loadProfiles({
    env: process.env,
    offlineTeacherUrl: offlineTeacherUrl ?? 'http://127.0.0.1:1/v1',
    teachersFile,
  });
}

/**
 * The names of the teachers that a run would pay: a key in the environment alone never spends.
 *
 * @throws UsageError where one costs money and the input has no budget
 */
export async function requireBudget(input: AlpacaInput): Promise<string[]> {
  const profiles = await localProfiles(null);
  const used = new Set([
    ...(input.generate.from === null ? [input.generate.teacher] : []),
    input.evaluate.judge,
  ]);
  const paid = [...used].filter((name) => !isFree(priceOf(profiles.get(name))));
  if (paid.length > 0 && input.budgetUsd === null)
    throw new UsageError(
      `The teacher ${paid.join(' and ')} costs money. Add --budget USD, the most that the run may spend.`,
    );
  return paid;
}

/**
 * Shows the estimate and has it confirmed: by --yes, or by the person at the terminal.
 *
 * @throws UsageError where nobody can be asked; Interrupted where the person says no
 */
export async function confirmSpending(
  input: AlpacaInput,
  paid: readonly string[],
  store: string,
  yes: boolean,
  terminal: Terminal,
): Promise<void> {
  if (paid.length === 0) return;
  if (input.generate.from === null) {
    const estimate = await forecast(input, store);
    terminal.say(
      `estimate for ${input.generate.target} accepted rows from ${input.generate.teacher}: ${estimate.requests} requests, ` +
        `${estimate.promptTokens} prompt and ${estimate.completionTokens} completion tokens, $${estimate.costUsd.toFixed(2)}`,
    );
  }
  terminal.say(`at most $${input.budgetUsd} will be spent`);
  if (yes) return;
  if (!process.stdin.isTTY)
    throw new UsageError(`Nobody can be asked here whether to spend at ${paid.join(' and ')}. Add --yes.`);
  const terminalLine = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await terminalLine.question('Go on? [y/N] ');
  terminalLine.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Interrupted('Nothing was asked, nothing was spent.');
}

async function forecast(input: AlpacaInput, root: string): Promise<GenerationEstimate> {
  const store = createLocalStore({ root });
  const profiles = await localProfiles(null);
  const { runSeed, language, generate } = input;
  const { seedTasks } = await sampleSeeds({ runSeed, language, ...input.sample }, { store }, unwatched);
  const settings = { ...generate, runSeed, language, seedTasks };
  const run = await createRunOpener({ store, profiles, env: process.env })(settings);
  return estimateGeneration({
    settings,
    prompts: run.prompts,
    target: generate.target,
    price: priceOf(run.profile),
  });
}
