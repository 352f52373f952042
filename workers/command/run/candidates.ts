import { type CandidateSource, isTeacher } from '../../../workflows/contracts/evaluate.ts';
import { modelOfRun } from '../../run-model.ts';
import { existing, isPath } from '../place.ts';
import { lookUpRun, required } from '../runs.ts';

const TEACHER = 'teacher:';
const RUN = 'run:';

/** The forms of `--a`, `--b` and `--with`, for the help text. */
export const CANDIDATE_FORMS =
  'a model folder, answers in AlpacaEval’s form, artifact://…, builtin, teacher:PROFILE or run:WORKFLOW_ID';

/**
 * A candidate as the command line names it.
 *
 * @throws AlpacaError NotFound where a path or a run is none; UsageError where a run has no model
 */
export async function readCandidate(text: string): Promise<CandidateSource> {
  if (text.startsWith(TEACHER)) return { teacher: text.slice(TEACHER.length) };
  if (text.startsWith(RUN)) return modelOfNamedRun(text.slice(RUN.length));
  return isPath(text) ? existing(text) : text;
}

/** The paths among candidates: what a store must be allowed to read. */
export function pathsOf(candidates: readonly CandidateSource[]): string[] {
  return candidates.flatMap((source) => (!isTeacher(source) && isPath(source) ? [source] : []));
}

/** The trained model of a run that has ended. */
async function modelOfNamedRun(workflowId: string): Promise<CandidateSource> {
  const { run } = await lookUpRun(workflowId);
  return required(modelOfRun(run));
}
