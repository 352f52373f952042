import { allHandlersFinished, condition, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { inferring, judging } from './activity-bounds.ts';
import type { ControlState } from './contracts/progress.ts';
import { type EvaluateResult, evaluateInput } from './contracts/steps.ts';
import { followControl, ownControl } from './control.ts';
import { parseInput } from './input.ts';
import type { EvaluateReport } from './messages.ts';
import { createReporter } from './report-to-parent.ts';

/** Step 6: is the trained model better? Held-out loss, exact match, and a blind comparison in both orders. */
export async function evaluate(
  raw: unknown,
  carried?: { control: ControlState; version: number },
): Promise<EvaluateResult> {
  const evaluation = parseInput('evaluate', evaluateInput, raw);
  const reporter = createReporter(Date.now());
  const report: EvaluateReport = { child: 'evaluate', version: 0, done: 0, total: 4, waitingFor: null };
  const initial = carried?.control ?? {
    paused: false,
    budgetUsd: null,
    target: 1,
    concurrency: 1,
    stopEarly: false,
  };
  const send = () => reporter.send({ ...report, version: control.version });
  const control = workflowInfo().parent
    ? followControl(initial, carried?.version ?? 0, () => void send())
    : ownControl(initial, {
        spentUsd: () => 0,
        accepted: () => 0,
        generationEnded: () => true,
        acknowledged: async () => {},
      });

  const part = async <Result>(name: string, work: () => Promise<Result>): Promise<Result> => {
    await control.running();
    setCurrentDetails(`Evaluating: ${name}`);
    const result = await work();
    report.done += 1;
    await send();
    return result;
  };

  const heldOut = await part('held-out rows', () =>
    inferring('held-out loss and exact match').evaluateHeldOut(evaluation),
  );
  const a = await part('answers of model A', () =>
    inferring('answers of model A').answerInstructions({ model: evaluation.modelA, evaluation }),
  );
  const b = await part('answers of model B', () =>
    inferring('answers of model B').answerInstructions({ model: evaluation.modelB, evaluation }),
  );
  const judged = await part('blind comparison', () =>
    judging('judge each pair in both orders').judgePairs({
      evaluation,
      answersA: a.answers,
      answersB: b.answers,
      excluded: a.excluded,
    }),
  );
  await condition(allHandlersFinished);
  return { ...heldOut, ...judged, answersA: a.answers, answersB: b.answers };
}
