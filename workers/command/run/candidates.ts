import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import { type CandidateSource, isTeacher } from '../../../workflows/contracts/evaluate.ts';
import { existingModel, namesModel } from '../model/named-model.ts';
import { UsageError } from '../outcome.ts';
import { existing, isPath, openStore } from '../place.ts';

const TEACHER = 'teacher:';
const RUN = 'run:';

/**
 * A candidate as the command line names it.
 *
 * @throws AlpacaError NotFound where a path or a run is none; UsageError where a run has no model
 */
export async function readCandidate(text: string): Promise<CandidateSource> {
  if (text.startsWith(TEACHER)) return { teacher: text.slice(TEACHER.length) };
  const workflowId = runIn(text);
  if (workflowId !== null) return modelOfNamedRun(workflowId);
  if (!isPath(text)) return text;
  return (await namesModel(text)) ? existingModel(text) : existing(text);
}

/**
 * The folder of a model: a path, one in the store as a run's result names it (artifact://model/SHA256/model), or the
 * trained model of a run (run:WORKFLOW_ID).
 *
 * @throws AlpacaError NotFound, InvalidInput; UsageError for a teacher
 */
export async function modelOf(source: string): Promise<string> {
  if (source === 'builtin') return builtinPath('tiny-model', 'en');
  if (isPath(source) && runIn(source) === null && !source.startsWith(TEACHER)) return existingModel(source);
  const candidate = await readCandidate(source);
  if (isTeacher(candidate))
    throw new UsageError(`${source} is a teacher: it has an endpoint of its own, and no weights here.`);
  const store = openStore();
  return store.open(await store.resolve(candidate, 'model'));
}

/** The workflow id in `run:WORKFLOW_ID`; null of all else. */
export function runIn(source: string): string | null {
  return source.startsWith(RUN) ? source.slice(RUN.length) : null;
}

/** The paths among candidates: what a store must be allowed to read. */
export function pathsOf(candidates: readonly CandidateSource[]): string[] {
  return candidates.flatMap((source) => (!isTeacher(source) && isPath(source) ? [source] : []));
}

/** The trained model of a run that has ended. What asks Temporal is loaded for this form alone. */
async function modelOfNamedRun(workflowId: string): Promise<CandidateSource> {
  const { lookUpRun, required } = await import('../runs.ts');
  const { modelOfRun } = await import('../../run-model.ts');
  const { run } = await lookUpRun(workflowId);
  return required(modelOfRun(run));
}
