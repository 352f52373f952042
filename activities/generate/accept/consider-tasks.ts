import type { DataRow, StageTask } from '../../../workflows/contracts/data.ts';
import type { RequestYield, YieldCounts } from '../../../workflows/contracts/generate.ts';
import type { AcceptRoundInput } from '../../../workflows/contracts/generate-activities.ts';
import { isTurnStage } from '../../../workflows/contracts/run/stages.ts';
import { mergeYield, noYield } from '../../../workflows/decisions/yield-counts.ts';
import type { Attempt } from '../../attempt.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { GenerationRun } from '../generation-run.ts';
import { readClassification } from '../self-instruct/read-classification.ts';
import { readInstances } from '../self-instruct/read-instances.ts';
import { takeTurn } from '../turns/take-turn.ts';
import { figuresOf, readOutcomes } from './read-outcome.ts';
import type { RoundSoFar } from './round-so-far.ts';

/**
 * Takes what a stage that asks one prompt for each task was answered: each with whether it is a classification; the
 * instances of each as rows; or each conversation with a message more. Every task is taken, whatever came of it; the stage
 * ends with the last.
 */
export async function considerTasks(
  { firstRequest, requests }: Pick<AcceptRoundInput, 'firstRequest' | 'requests'>,
  run: GenerationRun,
  { signal, report }: Attempt,
): Promise<RoundSoFar> {
  const { promptsPerRequest, tasks } = run.settings;
  const ended = (request: number) => request * promptsPerRequest >= (tasks?.rows ?? 0);
  const rows: (StageTask | DataRow)[] = [];
  const lines: RequestYield[] = [];
  let counts = noYield();
  let request = firstRequest;
  for (; request < firstRequest + requests && !ended(request); request += 1) {
    signal.throwIfAborted();
    const entries = await readOutcomes(request, run);
    let line = noYield();
    for (const [prompt, entry] of entries.entries()) {
      const taken = takeAnswer(request * promptsPerRequest + prompt, entry, { request, prompt }, run);
      rows.push(...taken.rows);
      line = mergeYield(line, taken.yield);
    }
    lines.push({ request, ...line, ...figuresOf(entries) });
    counts = mergeYield(counts, line);
    report({ done: request - firstRequest + 1, total: requests, unit: 'requests' });
  }
  const outcome = ended(request) ? 'target' : 'continue';
  const requestsUsed = request - firstRequest;
  return { rows, lines, requestsUsed, outcome, emptyRequests: 0, yield: counts, byShare: {}, refused: [] };
}

interface Taken {
  rows: (StageTask | DataRow)[];
  yield: YieldCounts;
}

function takeAnswer(
  index: number,
  entry: LedgerEntry,
  place: { request: number; prompt: number },
  run: GenerationRun,
): Taken {
  const [row, task] = [run.conversations[index], run.tasks[index]];
  if (row !== undefined && isTurnStage(run.settings.stage))
    return takeTurn(row, run.settings.stage, entry, run.profile);
  return task === undefined ? { rows: [], yield: noYield() } : takeTaskAnswer(task, entry, place, run);
}

function takeTaskAnswer(
  task: StageTask,
  entry: LedgerEntry,
  place: { request: number; prompt: number },
  { settings, profile }: GenerationRun,
): Taken {
  if (settings.stage === 'classification') {
    const { isClassification, answer } = readClassification(entry, profile);
    const classification = { isClassification, answer, ledgerKey: entry.key };
    return {
      rows: [{ ...task, classification }],
      yield: { ...noYield(), asked: 1, parsed: 1, accepted: 1 },
    };
  }
  const { isClassification = false, ledgerKey: classificationKey = '' } = task.classification ?? {};
  const { instances, asked, parsed, dropped } = readInstances(entry, isClassification, profile);
  const rows = instances.map(({ segment, input, output }) => ({
    ...{ instruction: task.instruction, input, output },
    provenance: {
      ...{ ...place, segment, ledgerKey: entry.key },
      task: { ...task.provenance, classificationKey },
    },
  }));
  const filtered = Object.fromEntries(Object.entries(dropped).filter(([, count]) => count > 0));
  return {
    rows,
    yield: { asked, parsed, malformed: asked - parsed, filtered, similar: 0, accepted: rows.length },
  };
}
