import { type CandidateSource, isTeacher } from '../../workflows/contracts/candidates.ts';
import type { AlpacaResult } from '../../workflows/contracts/pipeline.ts';
import type { TrainResult } from '../../workflows/contracts/steps.ts';
import { connect } from './connection.ts';
import { UsageError } from './outcome.ts';
import { existing, isPath } from './place.ts';
import { findEnvironment } from './standing.ts';

const TEACHER = 'teacher:';
const RUN = 'run:';

/** The forms of `--a`, `--b` and `--with`, for the help text. */
export const CANDIDATE_FORMS =
  'a model folder, answers in AlpacaEval’s form, artifact://…, builtin, teacher:PROFILE or run:WORKFLOW_ID';

/**
 * A candidate as the command line names it.
 *
 * @throws AlpacaError NotFound where a path is none; UsageError where a run has no model
 */
export async function readCandidate(text: string): Promise<CandidateSource> {
  if (text.startsWith(TEACHER)) return { teacher: text.slice(TEACHER.length) };
  if (text.startsWith(RUN)) return modelOfRun(text.slice(RUN.length));
  return isPath(text) ? existing(text) : text;
}

/** The paths among candidates: what a store must be allowed to read. */
export function pathsOf(candidates: readonly CandidateSource[]): string[] {
  return candidates.flatMap((source) => (!isTeacher(source) && isPath(source) ? [source] : []));
}

/** The trained model of a run that has ended: of an `alpaca` workflow or of a `train` workflow. */
async function modelOfRun(workflowId: string): Promise<CandidateSource> {
  const client = await connect(await findEnvironment());
  try {
    const handle = client.workflow.getHandle(workflowId);
    const { type, status } = await handle.describe().catch((error: Error) => {
      if (error.name !== 'WorkflowNotFoundError') throw error;
      throw new UsageError(
        `There is no workflow ${workflowId}. List them with: npm run temporal -- workflow list`,
      );
    });
    if (status.name !== 'COMPLETED')
      throw new UsageError(`The run ${workflowId} is ${status.name}: it has no trained model to name.`);
    if (type === 'alpaca') return ((await handle.result()) as AlpacaResult).train.model;
    if (type === 'train') return ((await handle.result()) as TrainResult).model;
    throw new UsageError(`${workflowId} is a ${type} workflow; \`alpaca\` and \`train\` have a model.`);
  } finally {
    await client.connection.close();
  }
}
