import { readStagePrompt, type StagePrompt } from '../self-instruct/read-prompt.ts';
import { writeStage } from '../self-instruct/write-stage.ts';
import { ADJECTIVES } from '../vocabulary/language.ts';
import { NOUNS } from '../vocabulary/things.ts';
import type { Task } from './family.ts';
import { type ContentFaults, drawTaskFault, writeTask, writeTaskObject } from './faults.ts';
import { readConversationPrompt, writeTurn } from './follow-ups.ts';
import { asksForClass, classOf, gradeRow, readGrading } from './grade.ts';
import { type JudgeSettings, judge, readJudgement } from './judge.ts';
import { readTaskPrompt, type TaskPrompt } from './prompt.ts';
import type { Random } from './random.ts';
import { composeTask, rightAnswer } from './tasks.ts';
import { cutToTokens } from './tokens.ts';

export interface CompletionSettings {
  /** tokens, at least 1 */
  maxTokens: number;
  /** the text ends before the first of these that it would hold */
  stop: readonly string[];
  faults: ContentFaults;
  judge: JudgeSettings;
}

export interface Completion {
  text: string;
  finishReason: 'stop' | 'length' | 'content_filter';
  tokens: number;
}

/**
 * Answers a prompt as the offline teacher does; `random` alone decides between the possible answers.
 *
 * - the recipe's prompt: tasks, numbered on from where it stops up to the number asked for,
 *   as JSON where it asks for that
 * - a pair of answers to compare: a judgement (judge.ts)
 * - a row to grade: a grade with its reason (grade.ts)
 * - a prompt of one of Self-Instruct's stages: more instructions, yes or no, or instances (self-instruct/)
 * - a conversation to go on with: a question about its last answer, or the answer to such a one (follow-ups.ts)
 * - one instruction that a family knows, bare or in the recipe's template: its right answer
 * - anything else: words without sense, for this teacher understands nothing
 */
export function complete(prompt: string, random: Random, options: CompletionSettings): Completion {
  if (random.chance(options.faults.refusal)) {
    return { ...limited('I cannot help with this request.', options), finishReason: 'content_filter' };
  }
  return limited(write(prompt, random, options), options);
}

function write(prompt: string, random: Random, options: CompletionSettings): string {
  const tasks = readTaskPrompt(prompt);
  if (tasks?.form === 'json') return writeTaskList(tasks, random, options.faults);
  if (tasks) return writeTasks(tasks, random, options.faults);
  const pair = readJudgement(prompt);
  if (pair) return JSON.stringify({ preference: judge(pair, random, options.judge) });
  const row = readGrading(prompt);
  if (row)
    return JSON.stringify(asksForClass(prompt) ? { ...gradeRow(row), class: classOf(row) } : gradeRow(row));
  const stage = readStagePrompt(prompt);
  if (stage) return writeStage(stage, random, options.faults) ?? noInstance(stage, random);
  const conversation = readConversationPrompt(prompt);
  if (conversation) return writeTurn(conversation, random) ?? garbage(random);
  return answerInstruction(prompt) ?? garbage(random);
}

/** Of an instruction that no family knows, in the form that was asked for. */
function noInstance({ stage }: StagePrompt, random: Random): string {
  return `${stage === 'outputFirst' ? 'Class label' : 'Output'}: ${garbage(random)}`;
}

/** Segments as the recipe's parser expects them; the first lacks its heading, which the prompt gave. */
function writeTasks(
  { next, last, language, isAsked }: TaskPrompt,
  random: Random,
  faults: ContentFaults,
): string {
  const earlier: Task[] = [];
  let text = random.chance(faults.repeatedHeading) ? `${next}. Instruction:` : '';
  // A prompt that shows more tasks than it asks for still gets one.
  for (let number = next; number <= Math.max(next, last); number += 1) {
    const task = composeTask(random, language, isAsked);
    const fault = drawTaskFault(random, faults);
    if (number > next) text += `\n###\n${number}. Instruction:`;
    text += writeTask(task, number, fault, earlier, random);
    if (fault === null) earlier.push(task);
  }
  return text;
}

/** The same tasks as one JSON object, for a prompt that asks for structured output. */
function writeTaskList(
  { next, last, language, isAsked }: TaskPrompt,
  random: Random,
  faults: ContentFaults,
): string {
  const earlier: Task[] = [];
  const tasks: object[] = [];
  for (let number = next; number <= Math.max(next, last); number += 1) {
    const task = composeTask(random, language, isAsked);
    const fault = drawTaskFault(random, faults);
    tasks.push(writeTaskObject(task, fault, earlier, random));
    if (fault === null) earlier.push(task);
  }
  return JSON.stringify({ tasks });
}

function answerInstruction(prompt: string): string | null {
  const inTemplate = TEMPLATE.exec(prompt);
  return inTemplate ? rightAnswer(inTemplate[1] ?? '', inTemplate[2] ?? '') : rightAnswer(prompt, '');
}

/** The recipe's two templates, from the instruction on. */
const TEMPLATE = /### Instruction:\n([\s\S]*?)(?:\n\n### Input:\n([\s\S]*?))?\n\n### Response:\s*$/;

function garbage(random: Random): string {
  return Array.from({ length: random.integer(4, 24) }, () =>
    random.pick(random.chance(0.5) ? NOUNS : ADJECTIVES),
  ).join(' ');
}

function limited(text: string, { stop, maxTokens }: CompletionSettings): Completion {
  const ends = stop
    .filter((sign) => sign !== '')
    .map((sign) => text.indexOf(sign))
    .filter((at) => at >= 0);
  const { text: kept, tokens, cut } = cutToTokens(text.slice(0, Math.min(text.length, ...ends)), maxTokens);
  return { text: kept, tokens, finishReason: cut ? 'length' : 'stop' };
}
