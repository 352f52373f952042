import { fetchedName } from '../../../workflows/contracts/data/hub.ts';
import { languagesOf } from '../../../workflows/contracts/run/shares.ts';
import type { TokenizeResult } from '../../../workflows/contracts/tokenize.ts';
import type { TrainResult } from '../../../workflows/contracts/train.ts';
import { baseText } from '../../../workflows/decisions/screen/base-text.ts';
import { markdownText } from '../../../workflows/decisions/screen/markdown-text.ts';
import { tokenizeNotes } from '../../../workflows/decisions/screen/tokenize-notes.ts';
import { count } from '../../document/figures.ts';
import { codeBlock, tableSection } from '../../document/markdown.ts';
import type { CardContents } from '../release-contents.ts';
import { type FormKind, kindOfForm, type WeightsForm } from '../trained-model.ts';
import { evaluationRows } from './evaluation-figures.ts';
import { fetchedText } from './fetched-text.ts';
import { frontMatter } from './front-matter.ts';
import { licenceFields } from './licence.ts';

/**
 * The model card: README.md with the hub's front matter, beside the model in one of its forms. Every number
 * is the run's.
 */
export function modelCard(contents: CardContents, form: WeightsForm): string {
  const train = contents.run?.train;
  if (!train) throw new RangeError('a run that trained no model has no model card');
  const sections = [
    heading(contents, form),
    whatItIs(contents, train),
    weights(contents, form),
    prompting(contents),
    figures(contents),
    hyperparameters(contents),
    limits(contents),
    licence(contents),
  ];
  const yaml = yamlBlock(contents, train, form);
  return `${yaml}\n${sections.filter((section) => section !== null).join('\n\n')}\n`;
}

/** By the names that the hub knows. */
const LIBRARY_OF: Record<FormKind, string> = {
  model: 'transformers',
  adapter: 'peft',
  difference: 'transformers',
  gguf: 'gguf',
};

function yamlBlock(contents: CardContents, train: TrainResult, form: WeightsForm): string {
  const { name, licence: dataLicence, publication, settings } = contents;
  return frontMatter({
    ...licenceFields(publication.modelLicence ?? dataLicence),
    language: settings === null ? ['en'] : languagesOf(settings),
    library_name: LIBRARY_OF[kindOfForm(form)],
    pipeline_tag: 'text-generation',
    base_model: publication.baseModel === null ? undefined : fetchedName(publication.baseModel).name,
    base_model_relation:
      publication.baseModel === null ? undefined : form === 'adapter' ? 'adapter' : 'finetune',
    tags: ['alpaca', 'instruction-finetuning', 'self-instruct'],
    'model-index': [
      {
        name: modelName(name),
        results: [
          {
            task: { type: 'text-generation', name: 'Instruction following' },
            dataset: { type: name, name: `${name}, held-out rows and evaluation instructions` },
            metrics: metrics(contents, train),
          },
        ],
      },
    ],
  });
}

function metrics({ run }: CardContents, train: TrainResult) {
  const { exactMatch, pairwise, base = null } = run?.evaluate ?? {};
  return [
    { type: 'loss', name: 'Held-out loss, nats per token', value: train.loss.after },
    ...(exactMatch ? [{ type: 'exact_match', name: 'Exact match, share', value: exactMatch.rate }] : []),
    ...(pairwise && pairwise.winRate !== null
      ? [
          {
            type: 'win_rate',
            name: `Win rate in percent against ${baseText({ base })}, judge ${pairwise.judge}`,
            value: pairwise.winRate,
          },
        ]
      : []),
  ];
}

function modelName(name: string): string {
  return `${name}-model`;
}

const FORM_TEXT: Record<FormKind, string> = {
  model: '',
  adapter: ', as a LoRA adapter',
  difference: ', as the difference of its weights to its base',
  gguf: ', as a file for llama.cpp and Ollama',
};

function heading({ name }: CardContents, form: WeightsForm): string {
  return `# ${modelName(name)}\n\nA causal language model tuned to follow instructions by the Stanford Alpaca recipe, on the data set "${name}" of the same release${FORM_TEXT[kindOfForm(form)]}.`;
}

function whatItIs(
  { run, settings, trainedModel, publication, rows }: CardContents,
  train: TrainResult,
): string {
  const architecture = trainedModel && architectureText(trainedModel.architecture);
  const tokenized = run?.tokenize;
  const notes = tokenized ? tokenizeNotes(tokenized, settings?.tokenize.rewrittenTurns ?? null) : '';
  const method =
    settings?.train.method === 'lora'
      ? `LoRA of rank ${settings.train.loraRank}, alpha ${settings.train.loraAlpha}, on ${settings.train.loraTargets.join(', ')}`
      : 'full fine-tuning: all weights';
  return tableSection('What it is', [
    ['base', publication.baseModel === null ? baseName(settings) : fetchedText(publication.baseModel)],
    ...(tokenized ? [[digestName(tokenized), tokenized.model.sha256] as const] : []),
    ['method', method],
    ['trained parameters', count(train.parameters)],
    ...(architecture === null ? [] : [['architecture', architecture] as const]),
    ['rows of the data set', count(rows.length)],
    ...(tokenized
      ? [
          ['rows trained on', count(tokenized.tokens.rows)] as const,
          ['rows held out', count(tokenized.heldOutTokens.rows)] as const,
          ...(notes === '' ? [] : [['in the chat template', notes.replace(/^; /, '')] as const]),
        ]
      : []),
    ['optimizer steps', count(train.steps)],
    ['model, SHA-256 of its files', train.model.sha256],
    ...(run ? [['run', `${run.workflowId} / ${run.runId}`] as const] : []),
  ]);
}

function architectureText(architecture: NonNullable<CardContents['trainedModel']>['architecture']): string {
  const { name, layers, hiddenSize, heads, keyValueHeads, vocabSize } = architecture;
  return `${name}: ${layers} layers, width ${hiddenSize}, ${heads} heads (${keyValueHeads} of keys and values), vocabulary ${count(vocabSize)}`;
}

function digestName({ addedTokens }: TokenizeResult): string {
  return addedTokens.length > 0 ? 'base with special tokens added, SHA-256' : 'base, SHA-256';
}

function baseName(settings: CardContents['settings']): string {
  const source = settings?.tokenize.model ?? 'unknown';
  if (source === 'builtin') return 'the tiny model of alpaca-temporal, without pretraining';
  return typeof source === 'string' ? source : source.uri;
}

function weights({ publication, settings, trainedModel }: CardContents, form: WeightsForm): string {
  const lines: Record<FormKind, string> = {
    model: publication.weights.includes('model')
      ? 'The folder is whole: `config.json`, `model.safetensors` and the tokenizer, as `transformers` opens them.'
      : 'This release has no weights; they were not asked for.',
    adapter: 'The folder is an adapter as PEFT opens it; the base model is needed beside it.',
    difference:
      'The weights here are each bit pattern XOR the base’s, and of no use without the base. With it, every bit comes back and is checked:\n\n```\nnpx alpaca weight-diff recover --base BASE --diff . --out MODEL\n```',
    gguf:
      'The folder has a GGUF file, which llama.cpp and what is built on it open, and a `Modelfile` for Ollama: `ollama create NAME -f Modelfile`. The file says by its chat template how the model is asked' +
      ((trainedModel?.template ?? null) === null
        ? '. Ollama goes by the `Modelfile`, which says so where it cannot render that template.'
        : '; in Ollama an input stays in its instruction.'),
  };
  const mayBeRestricted =
    ['model', 'gguf'].includes(kindOfForm(form)) &&
    settings !== null &&
    settings.tokenize.model !== 'builtin';
  return [
    '## Weights',
    '',
    lines[kindOfForm(form)],
    ...(form === 'adapter' && publication.baseModel !== null ? besideTheBase(publication.baseModel) : []),
    ...(mayBeRestricted
      ? [
          '',
          'Where the licence of the base forbids handing on its weights, publish the difference in place of the model: `npx alpaca weight-diff make`, or the release setting `weights: ["difference"]`.',
        ]
      : []),
  ].join('\n');
}

/** Of a base whose commit is not known, as where a quantized copy stood in for the hub's weights. */
function besideTheBase(baseModel: string): string[] {
  const { name, commit } = fetchedName(baseModel);
  if (commit !== null) return [];
  return [
    '',
    `The adapter names ${markdownText(name)} as its base, and was trained beside the files of the digest above, whatever the hub has by that name: beside a quantized copy’s original it answers a little differently.`,
  ];
}

function prompting({ trainedModel, statistics }: CardContents): string {
  if (trainedModel === null)
    return '## How to prompt it\n\nThe model was no longer in the store when this card was written, so its template is not known here; `prompt_template.json` of the model’s folder has it where it is not the recipe’s.';
  if (trainedModel.template === null)
    return '## How to prompt it\n\nThe model was taught conversations in the chat template of its folder (`chat_template.jinja`, and in `tokenizer_config.json`): every assistant turn with what ends it. `apply_chat_template` renders a conversation as training did.';
  const { withInput, withoutInput } = trainedModel.template;
  const { rows, answers } = statistics.conversations;
  const earlierTurns =
    answers > rows
      ? 'as the model was taught the conversations among its rows'
      : 'though the model was taught single instructions and no conversations';
  return [
    '## How to prompt it',
    '',
    'Exactly as it was taught: these bytes, with the placeholder in braces replaced and nothing after the end, not even a space or newline. The answer ends at the end-of-text token. Without an input:',
    '',
    codeBlock(withoutInput),
    '',
    'With an input:',
    '',
    codeBlock(withInput),
    '',
    `The folder’s chat template (\`chat_template.jinja\`, and in \`tokenizer_config.json\`) renders the same: in a message an input stands behind the instruction after an empty line and the line \`### Input:\`; earlier turns are earlier pairs in the same form, ${earlierTurns}.`,
  ].join('\n');
}

function figures(contents: CardContents): string {
  return tableSection('Measured in the run', evaluationRows(contents));
}

function hyperparameters({ settings, run }: CardContents): string | null {
  if (settings === null) return null;
  const { tokenize, train, runSeed } = settings;
  const {
    loraRank: _rank,
    loraAlpha: _alpha,
    loraDropout: _dropout,
    loraTargets: _targets,
    ...others
  } = train;
  const {
    loraRankStabilized: _stabilized,
    loraRankPattern: _ranks,
    loraAlphaPattern: _alphas,
    ...full
  } = others;
  const shown: Record<string, unknown> = {
    runSeed,
    maxLength: tokenize.maxLength,
    trainOnPrompt: tokenize.trainOnPrompt,
    heldOut: tokenize.heldOutData ? 'a file of its own' : tokenize.heldOut,
    ...(train.method === 'lora' ? train : full),
    learningRate: train.learningRate ?? run?.train?.learningRate ?? null,
  };
  return tableSection(
    'Hyperparameters',
    Object.entries(shown).map(([field, value]) => [field, plain(value)]),
  );
}

function plain(value: unknown): string {
  if (value === null) return 'none';
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function limits({ settings }: CardContents): string {
  const tiny =
    settings?.tokenize.model === 'builtin'
      ? ' Its base had no pretraining: it knows nothing beyond the rows above, and is for trying the pipeline.'
      : '';
  return [
    '## Limits',
    '',
    `It was tuned on machine-made answers that no person checked, and inherits their errors and stereotypes; it states falsehoods with confidence. It was not tuned to refuse harmful requests.${tiny} The figures above are of this run’s own held-out rows and evaluation instructions, and say nothing of other uses.`,
  ].join('\n');
}

function licence({ licence: dataLicence, publication }: CardContents): string {
  return `## Licence\n\n${markdownText(publication.modelLicence ?? dataLicence)}. The base model’s licence and the terms of the teacher’s provider hold beside it.`;
}
