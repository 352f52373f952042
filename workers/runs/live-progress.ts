import { type Progress, progress } from '../../workflows/contracts/progress.ts';
import { withStep } from '../../workflows/decisions/progress-of.ts';

/** The stages that a run has as workflows of their own, whose ids end in the stage's name. */
const OWN_WORKFLOWS = new Set<Progress['stage']>(['generate', 'train', 'evaluate']);

/**
 * How far an open run is now: its own answer, and where one of its steps runs, that of the step.
 *
 * @param ask the query `progress` of a workflow
 * @throws whatever the run's own answer fails with; a step that does not answer, or in another form, is as old as the run knows it
 */
export async function liveProgress(
  workflowId: string,
  ask: (workflowId: string) => Promise<unknown>,
): Promise<Progress> {
  const run = progress.parse(await ask(workflowId));
  if (run.state === 'done' || !OWN_WORKFLOWS.has(run.stage)) return run;
  const step = await ask(`${workflowId}/${run.stage}`)
    .then(progress.parse)
    .catch(() => null);
  return step === null ? run : withStep(run, step);
}
