import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { languageOf } from '../../../../../activities/artifacts/languages/language.ts';
import { createInstructionFilter } from '../../../../../activities/generate/parse/filters.ts';
import { readClassification } from '../../../../../activities/generate/self-instruct/read-classification.ts';
import { readInstances } from '../../../../../activities/generate/self-instruct/read-instances.ts';
import { readInstructions } from '../../../../../activities/generate/self-instruct/read-instructions.ts';
import { createRandom, type Random } from '../../../../../workers/offline-teacher/tasks/random.ts';
import {
  originalInstructions,
  originalIsClassification,
  originalRows,
  type Recorded,
} from './original-rules.ts';

/** A completion model, as the original asks: none of a chat model's habits. */
const completions = { repeatsHeading: false, wrapsList: false, thinkingMarks: null };

function entryOf({ text, finish }: Recorded) {
  return { text, finishReason: finish, outcome: 'answered' as const };
}

/** A text of pieces drawn one after another: so short a list of pieces that equal lines meet often. */
function draw(random: Random, pieces: readonly string[], from: number, to: number): string {
  return Array.from({ length: random.integer(from, to) }, () => random.pick(pieces)).join('');
}

function finishOf(random: Random): string {
  return random.chance(0.2) ? 'length' : 'stop';
}

const WORDS = ['red', 'blue ', 'the sea', '3 + 4', 'a: b', 'Answer:', '서울', 'café ', ' \u00a0', ''];
const ODD = [
  'Example',
  'Output',
  'Input',
  'Class label',
  ': ',
  '\n',
  '\n\n',
  '\u0085',
  '7',
  '٣',
  '.',
  'output:',
];
const LINE_ENDS = ['\n', '\n', '\n', ' \n', '\n\n', ' '];

function drawExamples(random: Random): string {
  const block = (number: number) => {
    const mark = random.pick([`Example ${number}`, `Example ${number}.`, `Example${number}`, 'Example', '']);
    const input = random.pick([
      '',
      `Input: ${random.pick(WORDS)}`,
      `Input ${number}: x`,
      `List: ${random.pick(WORDS)}`,
    ]);
    const output = random.pick([
      `Output: ${random.pick(WORDS)}`,
      `Output ${number} : y`,
      'Output:',
      random.pick(WORDS),
    ]);
    const more = random.chance(0.1) ? draw(random, [...ODD, ...WORDS], 1, 6) : '';
    return [mark, input, output, more].join(random.pick(LINE_ENDS));
  };
  return Array.from({ length: random.integer(1, 8) }, (_, index) => block(index + 1)).join('\n');
}

function drawLabels(random: Random): string {
  const block = () => {
    const label = random.pick(['Yes', 'No', ' Maybe ', 'Both:', '', 'red']);
    const input = draw(random, [...WORDS, '\n', 'Sentence: it rains', 'red'], 0, 3);
    return `${random.chance(0.95) ? 'Class label:' : 'Label:'} ${label}${random.pick(LINE_ENDS)}${input}`;
  };
  return Array.from({ length: random.integer(0, 9) }, block).join('\n');
}

function drawInstructions(random: Random): string {
  const start = [
    'write a program',
    'Write A Program',
    'name three',
    '"Quote" this',
    'É vero che',
    '1 + 1 is',
    'translate',
  ];
  const rest = [
    'to see',
    'the Map',
    'of mapping',
    'FILES',
    'go  to',
    'a plot',
    'plots',
    'my ımage',
    'in Rome',
    '\u2003',
    'x_file',
  ];
  const line = () =>
    `${random.pick(start)} ${draw(
      random,
      rest.map((word) => `${word} `),
      0,
      6,
    )}`;
  const number = (index: number) =>
    random.pick([`${index}. `, `${index} . `, `${index}.`, `٩. `, `${index}) `]);
  const lines = Array.from(
    { length: random.integer(1, 7) },
    (_, index) => `${number(10 + (index % 6))}${line()}`,
  );
  if (random.chance(0.03)) lines.push(`10. ${'very '.repeat(random.integer(148, 152))}`);
  return `${random.chance(0.9) ? ` ${line()}` : ''}\n${lines.join(random.pick(['\n', '\n', ' \n']))}`;
}

describe('on the same completions as the original’s scripts', () => {
  it('instances are the same row by row', () => {
    const random = createRandom('instances');
    const [counts, dropped] = [{ rows: 0, classifications: 0 }, new Map<string, number>()];
    for (let task = 0; task < 4000; task += 1) {
      const isClassification = random.chance(0.5);
      const text = isClassification ? drawLabels(random) : drawExamples(random);
      // A recorded completion holds none of its stops.
      const recorded = { text: text.split('Example 6')[0] ?? '', finish: finishOf(random) };
      const read = readInstances(entryOf(recorded), isClassification, completions);
      const rows = read.instances.map(({ input, output }) => ['Do it.', input, output]);
      assert.deepEqual(rows, originalRows('Do it.', isClassification, recorded), JSON.stringify(recorded));
      counts.rows += rows.length;
      if (isClassification) counts.classifications += rows.length;
      for (const [name, count] of Object.entries(read.dropped))
        dropped.set(name, (dropped.get(name) ?? 0) + count);
      const gone = Object.values(read.dropped).reduce((sum, count) => sum + count, 0);
      assert.equal(read.parsed, rows.length + gone);
    }
    assert.ok(counts.rows > 2000 && counts.classifications > 1000, JSON.stringify(counts));
    assert.deepEqual([...dropped.keys()].sort(), [
      ...[
        'beyond-five',
        'ends-with-colon',
        'input-is-output',
        'input-twice',
        'output-empty',
        'same-instance',
      ],
    ]);
    for (const [name, count] of dropped) assert.ok(count > 20, `${name}: ${count}`);
  });

  it('instructions are the same, and so are those that are dropped', () => {
    const { instructions: rules } = languageOf('en');
    const filter = createInstructionFilter(rules, rules.selfInstructWords);
    const random = createRandom('instructions');
    const dropped = new Set<string>();
    let kept = 0;
    for (let answer = 0; answer < 8000; answer += 1) {
      const recorded = { text: drawInstructions(random), finish: finishOf(random) };
      const read = readInstructions(entryOf(recorded), filter, completions).instructions;
      const instructions = read.filter(({ drop }) => drop === null).map(({ instruction }) => instruction);
      assert.deepEqual(instructions, originalInstructions(recorded), JSON.stringify(recorded));
      kept += instructions.length;
      for (const { drop } of read) if (drop !== null) dropped.add(drop);
    }
    assert.ok(kept > 1000, String(kept));
    assert.deepEqual([...dropped].sort(), [
      ...[
        'forbidden-word',
        'non-ascii-first',
        'punctuation-first',
        'too-long',
        'too-short',
        'write-a-program',
      ],
    ]);
  });

  it('a yes is a yes', () => {
    for (const text of [' Yes', 'yes', 'YES\u00a0', 'YEs', ' Yes.', 'No', '', ' Yes No', '예']) {
      const recorded = { text, finish: 'stop' };
      const { isClassification } = readClassification(entryOf(recorded), completions);
      assert.equal(isClassification, originalIsClassification(recorded), text);
    }
  });
});
