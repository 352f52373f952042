import { builtinPath } from '../../../activities/artifacts/builtin.ts';
import { leavesOf } from '../../../activities/document/run-settings.ts';
import { AlpacaError } from '../../../activities/errors.ts';
import { readConfig } from '../../../activities/model/folder/folder.ts';
import { planMemory, residentPeak } from '../../../activities/train/memory-plan/memory-plan.ts';
import { planSharded } from '../../../activities/train/memory-plan/sharded-plan.ts';
import type { DataSource } from '../../../workflows/contracts/data.ts';
import type { AlpacaInput } from '../../../workflows/contracts/pipeline.ts';
import { languagesOf } from '../../../workflows/contracts/run/shares.ts';
import { learningRateText } from '../../../workflows/decisions/train/learning-rate.ts';
import { estimateEvaluationOf, estimateRun, localProfiles } from '../../runs/estimate.ts';
import { isModelName } from '../model/known-models.ts';
import { UsageError } from '../outcome.ts';
import { existing, exists, isPath, openStore, storePlace } from '../place.ts';
import { type EstimateOptions, estimateText } from '../run/estimate-command.ts';
import { estimateGradesOf, gradesEstimateText } from '../run/grade-estimate.ts';
import { statePrice } from '../run/price.ts';
import { importSeeds, resolveRunInput } from '../run/run-input.ts';
import { memoryJob } from '../steps/plan-memory.ts';
import type { Terminal } from '../terminal.ts';

/**
 * `alpaca explain`: every value of a run's input with the file and line that it comes from, the steps, and what they
 * would take. It needs no server and no key. With --json it is the input alone, as the Temporal CLI takes it.
 */
export async function explain(options: EstimateOptions, terminal: Terminal): Promise<void> {
  const { input, originOf } = await resolveRunInput(options);
  if (terminal.json) {
    terminal.result(input, '');
    return;
  }
  await statePrice(options.price, [input.generate.teacher]);
  const sections = [
    valuesText(input, originOf),
    stepsText(input),
    await orWhyNot('money', () => moneyText(input)),
    await orWhyNot('memory', () => memoryText(input)),
  ];
  terminal.result(input, sections.join('\n\n'));
}

/** One line for each value: its path, what it is, and who said so. */
function valuesText(input: AlpacaInput, originOf: (path: readonly PropertyKey[]) => string | null): string {
  const values = leavesOf(input);
  const width = (texts: readonly string[]) => Math.max(...texts.map((text) => text.length));
  const paths = width(values.map(({ path }) => path.join('.')));
  const texts = Math.min(LONGEST_VALUE, width(values.map(({ text }) => text)));
  return values
    .map(
      ({ path, text }) =>
        `${path.join('.').padEnd(paths)}  ${text.padEnd(texts)}  ${originOf(path) ?? 'default'}`,
    )
    .join('\n');
}

/** Characters to which columns are filled; what is longer is shown whole. */
const LONGEST_VALUE = 24;

function stepsText({
  language,
  languages,
  sample,
  generate,
  dedupe,
  filter,
  tokenize,
  train,
  evaluate,
  release,
}: AlpacaInput) {
  const { from, teacher, target, method } = generate;
  const shares = Object.entries({ ...languages, ...generate.classes }).map(
    ([name, share]) => `${name} ${Number(((share ?? 0) * 100).toFixed(2))}%`,
  );
  const asked =
    method === 'alpaca' ? `${target} rows` : `${target} instructions by Self-Instruct, and their instances,`;
  return [
    'steps:',
    `  sample    seed tasks: ${named(sample.seedTasks)}, ${languagesOf({ language, languages }).join(' and ')}`,
    `  generate  ${from === null ? `${asked} from ${teacher}${shares.length === 0 ? '' : `, ${shares.join(', ')}`}` : `none: the rows of ${named(from)}`}`,
    `  dedupe    rows with a ROUGE-L above ${dedupe.threshold} are dropped`,
    ...(filter === null ? [] : [`  filter    ${filterText(filter)}`]),
    `  tokenize  for ${named(tokenize.model)}, ${tokenize.maxLength} tokens a row; held out: ${tokenize.heldOut} of the rows`,
    `  train     ${train.method}, learning rate ${learningRateText(train)}, ${train.globalBatch} rows a step; epochs: ${train.epochs}`,
    `  evaluate  up to ${evaluate.maxInstructions} instructions, judged by ${evaluate.judge}`,
    `  release   ${release.name}`,
  ].join('\n');
}

function filterText({ rules, decontaminate, grade }: NonNullable<AlpacaInput['filter']>): string {
  const files = decontaminate?.files.map(named) ?? [];
  const overlaps = files.length === 0 ? '' : `, and rows that overlap ${files.join(', ')}`;
  const graded = grade === null ? '' : `, and rows that ${grade.judge} grades below ${grade.least}`;
  return `rows with a fault are dropped (${rules.join(', ') || 'no rules'})${overlaps}${graded}`;
}

function named(source: DataSource): string {
  return typeof source === 'string' ? source : source.uri;
}

async function moneyText(asked: AlpacaInput): Promise<string> {
  const store = storePlace();
  const grades = await estimateGradesOf(asked, store, await localProfiles(null));
  if (asked.generate.from !== null)
    return ['money: no teacher is asked for rows', ...gradesEstimateText(asked.filter?.grade, grades)].join(
      '; ',
    );
  const input = await importSeeds(asked, store);
  const [found, evaluation] = [
    await estimateRun(input, openStore(store)),
    await estimateEvaluationOf(input, openStore(store)),
  ];
  return `money: ${estimateText(input, { found, grades, evaluation })}`;
}

async function memoryText({ tokenize, train }: AlpacaInput): Promise<string> {
  const { model, maxLength } = tokenize;
  if (model !== 'builtin' && !isPath(model))
    return 'memory: the model is in the store; `alpaca train` plans with it';
  if (isModelName(model) && !(await exists(model)))
    return `memory: the model is brought when it is used; \`alpaca plan-memory --model ${model}\` plans with it`;
  const folder = model === 'builtin' ? builtinPath('tiny-model', 'en') : await existing(model);
  const job = memoryJob(await readConfig(folder), { ...train, maxLength });
  const mebibytes = (bytes: number) => Math.ceil(bytes / 2 ** 20);
  const gpus = train.nodes * train.processes;
  if (train.engine === 'torchrun')
    return (
      `memory: training takes ${mebibytes(planSharded(job, gpus).all)} MiB on each of ${gpus} GPUs, ` +
      `for rows of ${maxLength} tokens`
    );
  const plan = planMemory(job);
  return (
    `memory: training takes ${mebibytes(plan.device)} MiB on a GPU and ${mebibytes(residentPeak(plan, 'gpu'))} MiB beside it, ` +
    `or ${mebibytes(residentPeak(plan, 'cpu'))} MiB on a CPU, for rows of ${maxLength} tokens`
  );
}

/** A recipe may be looked at where it cannot run yet: without the price of its teacher, or its model. */
async function orWhyNot(what: string, text: () => Promise<string>): Promise<string> {
  try {
    return await text();
  } catch (error) {
    if (error instanceof AlpacaError || error instanceof UsageError)
      return `${what}: not known. ${error.message}`;
    throw error;
  }
}
