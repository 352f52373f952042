import type { FilterResult } from '../../../workflows/contracts/filter.ts';
import { markdownText } from '../../../workflows/decisions/screen/markdown-text.ts';
import { usd } from '../../../workflows/decisions/screen/money-text.ts';
import { count, percentOf } from '../../document/figures.ts';
import { splitFiles, splitsPresent } from '../data-files.ts';
import { countSplits } from '../manifest.ts';
import type { CardContents } from '../release-contents.ts';

/** A question, and its answer where the run's facts hold one. */
export type DatasheetQuestion = readonly [question: string, answer: string | null];

export function motivation({ run, settings }: CardContents): DatasheetQuestion[] {
  const costUsd = run?.generate?.costUsd;
  return [
    [
      'What was it made for?',
      settings === null
        ? null
        : 'For tuning language models to follow instructions, by the Stanford Alpaca recipe.',
    ],
    ['Who made it, and on whose behalf?', null],
    [
      'Who paid for it?',
      costUsd === undefined
        ? null
        : `The run's teacher cost ${usd(costUsd)}. The releaser must fill in who paid.`,
    ],
  ];
}

export function composition(contents: CardContents): DatasheetQuestion[] {
  const { rows, statistics, splits, run } = contents;
  const present = splitsPresent(splits);
  const counts = countSplits(contents);
  const considered = run?.generate?.yield;
  return [
    [
      'What does a row stand for?',
      'One task for a language model: an instruction, an input where the instruction needs one, and an answer.',
    ],
    [
      'How many rows are there?',
      `${count(rows.length)}, of which ${count(statistics.withInput)} (${percentOf(statistics.withInput, rows.length)}) have an input.`,
    ],
    [
      'Is it everything, or a sample of something larger?',
      considered === undefined
        ? null
        : `It is what was kept of ${count(considered.asked)} rows asked for: rows that could not be read, that a filter dropped, or that resembled an earlier one are not in it.`,
    ],
    [
      'What data does a row hold?',
      `Three texts. The median row has ${count(statistics.instructionWords.median)} words of instruction and ${count(statistics.outputWords.median)} of output.`,
    ],
    [
      'Does a row have a label or target?',
      'Its `output` is the target: what a model tuned on it learns to answer.',
    ],
    [
      'Is anything missing from rows?',
      `\`input\` is the empty string in ${count(rows.length - statistics.withInput)} rows, whose instructions need none.`,
    ],
    [
      'Are relations between rows made explicit?',
      contents.hasSimilarity
        ? '`alpaca_data_similarity.json` names the instructions that each row resembles most.'
        : '`provenance.jsonl` says which rows came from the same request; nothing else relates them.',
    ],
    [
      'Are there splits?',
      present.length === 1
        ? 'No: all rows are in `train`.'
        : `${present.map((split) => `${split}: ${count(counts[split] ?? 0)} rows (\`${splitFiles(split).parquet}\`)`).join('; ')}. They are drawn by the run seed, and no instruction is in two.`,
    ],
    ['Are there errors, noise or repetitions?', faults(contents)],
    ['Does it stand by itself?', 'Yes: no row refers to a source outside the data.'],
    ['Does it hold anything confidential?', null],
    ['Could rows offend, insult or threaten?', harmful(contents)],
    ['Does it tell of people, or of groups of people?', null],
  ];
}

function faults({ run, settings }: CardContents): string {
  const dropped = (run?.generate?.yield.similar ?? 0) + (run?.dedupe?.rejected.rows ?? 0);
  const bound =
    settings === null
      ? ''
      : ` Near duplicates whose ROUGE-L is ${settings.dedupe.threshold} or less remain; ${count(dropped)} rows too like an earlier one were dropped.`;
  return `Yes: the answers were not checked by people, and some are wrong.${bound}`;
}

function harmful({ settings, run }: CardContents): string | null {
  if (settings === null || settings.generate.from !== null) return null;
  return settings.generate.teacher === 'offline'
    ? 'Not to our knowledge: every row is composed by rule from fixed families of tasks.'
    : `Possibly: the rows are a language model’s, and nobody read them all. ${run?.filter ? 'Filters looked for the recipe’s words and for faults, not for harm.' : 'Filters dropped instructions by the recipe’s word list only.'}`;
}

export function collection({ run, settings }: CardContents): DatasheetQuestion[] {
  const generated = run?.generate;
  const isGenerated = settings !== null && settings.generate.from === null && generated != null;
  return [
    [
      'How was the data obtained?',
      isGenerated
        ? generated.selfInstruct
          ? `By Self-Instruct: a teacher (profile \`${settings.generate.teacher}\`) was shown eight instructions at a time, six of them human-written once there were others, and asked for more; then of each whether it is a classification, and for up to five instances.`
          : `A teacher (profile \`${settings.generate.teacher}\`) was shown ${settings.generate.seedTasksPerPrompt} human-written seed tasks at a time and asked for ${settings.generate.instructionsPerPrompt - settings.generate.seedTasksPerPrompt} more.${generated.turns.length > 0 ? ` Then it was shown each row as a conversation and asked for the user’s next message, and for the answer to that, up to ${settings.generate.turns} questions: no person wrote any of them.` : ''}`
        : null,
    ],
    [
      'By what means, and how were these validated?',
      isGenerated
        ? `By ${count(generated.prompts)} prompts in ${count(generated.requests)} requests${generated.selfInstruct ? '' : ` at temperature ${settings.generate.temperature} and top_p ${settings.generate.topP}`}; every answer is in a ledger, and \`npx alpaca reproduce\` makes the rows again from it.`
        : null,
    ],
    [
      'If it is a sample, how was it drawn?',
      isGenerated
        ? `Seed tasks are drawn at random by the run seed ${settings.runSeed}; rows are taken in the order of the requests until the target is reached.`
        : null,
    ],
    ['Who took part, and what were they paid?', null],
    ['Over what time was it collected?', null],
    ['Was there an ethical review?', null],
    ['Were people asked for consent whose data it holds?', null],
  ];
}

export function preparation({ run, settings }: CardContents): DatasheetQuestion[] {
  const counts = run?.generate?.yield;
  const filtered = Object.values(counts?.filtered ?? {}).reduce((sum, rows) => sum + rows, 0);
  return [
    [
      'Was the data cleaned or changed?',
      settings === null || counts === undefined
        ? null
        : `Of ${count(counts.asked)} rows asked for, ${count(counts.malformed)} could not be read, ${count(filtered)} were dropped by filters on the instruction, and ${count(counts.similar)} resembled an earlier row (ROUGE-L above ${settings.dedupe.threshold}).${filteredText(run?.filter)} Kept rows are as they were parsed.`,
    ],
    [
      'Was the raw data kept?',
      settings === null
        ? null
        : `Yes, in the response ledger \`${settings.generate.ledger}\` of the run's store; \`provenance.jsonl\` leads from each row to its entry. The ledger is not part of this release.`,
    ],
    [
      'Is the software that prepared it at hand?',
      'alpaca-temporal; `manifest.json` has the version and every setting.',
    ],
  ];
}

function filteredText(filter: FilterResult | null | undefined): string {
  if (!filter) return '';
  const held = filter.against.length === 0 ? '' : ', or overlapped a file that it was held against';
  const graded =
    filter.grades === null
      ? ''
      : `, or got a grade below ${filter.grades.least} from the teacher profile ${markdownText(filter.grades.judge)}`;
  return ` ${count(filter.dropped.rows)} more had a fault that a rule finds${held}${graded}.`;
}

export function uses({ run, settings }: CardContents): DatasheetQuestion[] {
  return [
    [
      'Has it been used for anything yet?',
      run?.train
        ? `The run trained a model on it: held-out loss ${run.train.loss.before.toFixed(3)} before and ${run.train.loss.after.toFixed(3)} after, in nats per token. Its card is in this release.`
        : null,
    ],
    ['Is there a list of papers or systems that use it?', null],
    ['What else could it be used for?', null],
    [
      'Does anything about how it was made bear on later uses?',
      settings?.generate.teacher === 'offline' && settings.generate.from === null
        ? 'The teacher is no language model: the rows are for trying the pipeline, not for a useful assistant.'
        : 'Answers repeat the teacher’s errors and stereotypes. The terms of the teacher’s provider may restrict what models trained on them may do.',
    ],
    [
      'What should it not be used for?',
      'For anything in which a false answer does harm: nobody checked the answers.',
    ],
  ];
}

export function distribution({ licence }: CardContents): DatasheetQuestion[] {
  return [
    ['Who gets it, and how?', null],
    ['When?', null],
    ['Under what licence or terms?', `${markdownText(licence)}, as \`LICENSE\` states it.`],
    ['Have others placed restrictions on the data?', null],
    ['Do export controls or other rules apply?', null],
  ];
}

export function maintenance(): DatasheetQuestion[] {
  return [
    ['Who looks after it?', null],
    ['How can they be reached?', null],
    ['Is there a list of errata?', null],
    ['Will it be updated, how often, and by whom?', null],
    [
      'Will older versions stay?',
      '`manifest.json` has the digest of every file, so a version can be told from another. The releaser must fill in which ones stay.',
    ],
    ['How can others extend it or contribute?', null],
  ];
}
